"""What a policy in the shadow costs: two replays of the same records side by side, block by block, one of them with a shadow.

    python -m linewatch.training.bench.shadow [--records FILE] [--operator FILE] [--rounds N]

Each block of records is taken by both in turns, so that what else the machine does meets both alike. Without files, a simulated
operator's busy hours. The shadow has other thresholds and another weight of the number model, so that its scores are its own.
Times are CPU seconds, of the whole way of a record and of the shadow's own stage.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from linewatch.config.operator import Operator, load_operator
from linewatch.config.policy import shipped_policy
from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.memory import settle
from linewatch.stream.order.frame import control_frame
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.records.files import Block, blocks
from linewatch.stream.replay import BATCH, Replay
from linewatch.training.bench.records import BUSY
from linewatch.training.simulate.build import simulate, write_simulation

SUBSCRIBERS: Final = 60_000
DAYS: Final = 0.1
SEED: Final = 11


class Side:
    """One replay, with what it took."""

    def __init__(self, operator: Operator, text: TextModel, number: NumberModel, shadow: bytes) -> None:
        self.flags: Counter[str] = Counter()
        self.cpu_s = 0.0
        self.stages: dict[str, float] = {}
        self.replay = Replay(shipped_policy(), operator, text, number, self._count)
        if shadow:
            self.replay.profiles.apply([[control_frame("shadow", 1, shadow)]], [])
        self.replay.partition.clock = self._clock
        self._stopped = time.process_time()

    def _count(self, output: Any, dead: Any) -> None:
        self.flags.update(live=len(output.flags), shadow=len(output.shadow))

    def _clock(self, stage: str) -> None:
        now = time.process_time()
        self.stages[stage] = self.stages.get(stage, 0.0) + now - self._stopped
        self._stopped = now

    def take(self, block: Block) -> None:
        """One block, timed."""
        began = self._stopped = time.process_time()
        self.replay.take(block)
        self.cpu_s += time.process_time() - began

    def finish(self) -> None:
        """The rest, which is not timed."""
        outputs, _ = self.replay.profiles.finish()
        for output in outputs:
            self._count(output, [])


def candidate() -> bytes:
    """The shipped policy, quicker to review and trusting the number model more."""
    text = shipped_policy().source.replace("review = 0.75", "review = 0.6").replace("model_weight = 0.5", "model_weight = 0.8")
    return text.encode()


def side_by_side(source: list[Block], operator: Operator, text: TextModel, number: NumberModel) -> tuple[Side, Side]:
    """Without and with a shadow."""
    sides = Side(operator, text, number, b""), Side(operator, text, number, candidate())
    settle()
    for turn, block in enumerate(source):
        for side in sides[:: 1 if turn % 2 else -1]:
            side.take(block)
    for side in sides:
        side.finish()
    return sides


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=Path)
    parser.add_argument("--operator", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.records is None:
            print("simulating", file=sys.stderr)
            write_simulation(simulate(BUSY, SUBSCRIBERS, DAYS, SEED), Path(folder))
            given.records, given.operator = Path(folder) / "records.jsonl.gz", Path(folder) / "operator.toml"
        source = list(blocks([given.records], BATCH))
        operator = load_operator(given.operator)
    text, number = TextModel.load(), NumberModel.load(FEATURES)
    side_by_side(source[:20], operator, text, number)  # compiles what is not compiled
    records = sum(len(block.raws) for block in source)
    table = Table("round", "without, us a record", "with", "difference", "shadow's own stage", "flags", "of the shadow")
    for turn in range(given.rounds):
        alone, both = side_by_side(source, operator, text, number)
        if alone.flags["live"] != both.flags["live"] or not both.flags["shadow"]:
            raise SystemExit("the shadow has changed the flags, or has none")
        per_record = [f"{1e6 * side.cpu_s / records:.2f}" for side in (alone, both)]
        costs = f"{both.cpu_s / alone.cpu_s - 1:+.1%}", f"{both.stages['shadow'] / both.cpu_s:.1%}"
        table.add_row(str(turn + 1), *per_record, *costs, str(both.flags["live"]), str(both.flags["shadow"]))
    out = Console(width=110, highlight=False)
    out.print(f"{records:,} records, CPU time")
    out.print(table)


if __name__ == "__main__":
    main()
