"""What a policy in the shadow costs: CPU seconds of a replay with and without one, in turns, on the same records.

    python -m linewatch.training.bench.shadow [--records FILE] [--operator FILE] [--rounds N]

Without files, a simulated operator's. The shadow has other thresholds and another weight of the number model, so that its
scores are its own. Both shares are printed: of the whole way of a record, and of what profiles do of it.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.table import Table

from linewatch.config.operator import load_operator
from linewatch.config.policy import shipped_policy
from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.garbage import settle
from linewatch.stream.order.frame import control_frame
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.records.files import Block, blocks
from linewatch.stream.replay import BATCH, Replay
from linewatch.training.bench.records import BUSY
from linewatch.training.simulate.build import simulate, write_simulation

SUBSCRIBERS: Final = 60_000
DAYS: Final = 0.1
SEED: Final = 11


class Run(NamedTuple):
    """CPU seconds in all and by stage, flags of the policy in force and of the shadow."""

    cpu_s: float
    stages: dict[str, float]
    flags: int
    shadow: int
    records: int


def candidate() -> bytes:
    """The shipped policy, quicker to review and trusting the number model more."""
    text = shipped_policy().source.replace("review = 0.75", "review = 0.6").replace("model_weight = 0.5", "model_weight = 0.8")
    return text.encode()


def run(source: list[Block], operator: Any, text: TextModel, number: NumberModel, shadow: bytes) -> Run:
    """One replay."""
    flags: Counter[str] = Counter()

    def count(output: Any, dead: Any) -> None:
        flags.update(flags=len(output.flags), shadow=len(output.shadow))

    replay = Replay(shipped_policy(), operator, text, number, count)
    if shadow:
        replay.profiles.apply([[control_frame("shadow", 1, shadow)]], [])
    stages: defaultdict[str, float] = defaultdict(float)
    stopped = [time.process_time()]

    def clock(stage: str) -> None:
        now = time.process_time()
        stages[stage] += now - stopped[0]
        stopped[0] = now

    replay.partition.clock = clock
    began = time.process_time()
    summary = replay.run_blocks(source)
    return Run(time.process_time() - began, stages, flags["flags"], flags["shadow"], summary.records)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=Path)
    parser.add_argument("--operator", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.records is None:
            print("simulating", file=sys.stderr)
            write_simulation(simulate(BUSY, SUBSCRIBERS, DAYS, SEED), Path(folder))
            given.records, given.operator = Path(folder) / "records.jsonl.gz", Path(folder) / "operator.toml"
        source = list(blocks([given.records], BATCH))
        operator = load_operator(given.operator)
    text, number = TextModel.load(), NumberModel.load(FEATURES)
    settle()
    run(source[:20], operator, text, number, candidate())  # compiles what is not compiled
    pairs = []
    for turn in range(given.rounds):
        ways = [b"", candidate()][:: 1 if turn % 2 else -1]
        done = {bool(way): run(source, operator, text, number, way) for way in ways}
        pairs.append((done[False], done[True]))
        print(f"{turn + 1} of {given.rounds}: {done[False].cpu_s:.2f} s, {done[True].cpu_s:.2f} s", file=sys.stderr)
    alone, both = pairs[-1]
    if alone.flags != both.flags or not both.shadow:
        raise SystemExit("the shadow has changed the flags, or has none")
    table = Table("", "without", "with", "costs")
    seconds = [tuple(one.cpu_s for one in pair) for pair in pairs]
    _row(
        table,
        "CPU us a record, median",
        [1e6 * s / alone.records for s, _ in seconds],
        [1e6 * s / alone.records for _, s in seconds],
    )
    for stage in ("decide", "shadow"):
        _row(
            table,
            f"of it {stage}",
            *([1e6 * one.stages.get(stage, 0.0) / one.records for one in side] for side in zip(*pairs, strict=True)),
        )
    costs = [1e2 * (with_it / without - 1) for without, with_it in seconds]
    own = [1e2 * with_it.stages["shadow"] / with_it.cpu_s for _, with_it in pairs]
    out = Console(width=110, highlight=False)
    out.print(table)
    out.print(f"{alone.records:,} records, {both.flags} flags, {both.shadow} of the shadow")
    out.print(f"cost by difference: median {median(costs):.1f} %, {min(costs):.1f} to {max(costs):.1f} % over {len(costs)} rounds")
    out.print(f"cost by its own stage: median {median(own):.1f} % of all CPU time")


def _row(table: Table, name: str, without: list[float], with_it: list[float]) -> None:
    one, other = median(without), median(with_it)
    table.add_row(name, f"{one:.2f}", f"{other:.2f}", f"{other - one:+.2f}")


if __name__ == "__main__":
    main()
