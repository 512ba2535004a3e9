"""How far live order departs from canonical order (G3), on simulated operators, in memory.

One run has six pairs of flags in its last hundredth, so that its p99 is a matter of the seed: several seeds are pooled.
"""

import argparse
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import msgspec
from rich.console import Console
from rich.progress import track
from rich.table import Table

from linewatch.config.operator import operator_from_toml
from linewatch.config.policy import shipped_policy
from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.decision.flag import Flag
from linewatch.stream.intake.intake import Intake, Part
from linewatch.stream.order.frame import control_frame, idle_frame
from linewatch.stream.order.hold import NEVER
from linewatch.stream.order.settings import OrderSettings
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.profiles.partition import Partition
from linewatch.stream.records.decode import kind_of
from linewatch.stream.records.files import Line
from linewatch.stream.replay import FILES, OneProcess, Replay
from linewatch.training.simulate.build import Simulation, simulate
from linewatch.training.simulate.parameters import REPORTED

SUBSCRIBERS, DAYS = 8000, 0.3
SEEDS: Final = range(41, 49)
"""Operators that nothing was chosen by."""
APART_S: Final = 60.0
AT_ONCE: Final = 40
ARRIVED_MS: Final = 1_900_000_000_000  # after every simulated record


class Likeness(NamedTuple):
    """Of (number, type, action of at least review): Jaccard, and how far `flagged_ms` is apart, in s, rising.

    `types` are the fraud types of those that are apart by more than `APART_S`, with how many there are.
    """

    jaccard: float
    apart_s: list[float]
    types: dict[str, int]

    @property
    def p99_s(self) -> float:
        """The 99th percentile."""
        return _p99(self.apart_s)

    @property
    def beyond(self) -> float:
        """The share that is more than `APART_S` apart."""
        return sum(apart > APART_S for apart in self.apart_s) / len(self.apart_s)


def _p99(rising: list[float]) -> float:
    return rising[int(len(rising) * 0.99)]


def likeness(these: Iterable[dict[str, Any]], those: Iterable[dict[str, Any]]) -> Likeness:
    """Compare two sets of flags, each as plain data."""
    one, other = _first(these), _first(those)
    apart_s = {key: abs(one[key] - other[key]) / 1000 for key in one.keys() & other.keys()}
    types = Counter(fraud_type for (_, fraud_type, _), seconds in apart_s.items() if seconds > APART_S)
    return Likeness(len(apart_s) / len(one.keys() | other.keys()), sorted(apart_s.values()), dict(types))


def _first(flags: Iterable[dict[str, Any]]) -> dict[tuple[str, str, str], int]:
    times: dict[tuple[str, str, str], int] = {}
    for flag in flags:
        if flag["action"] in {"review", "block"}:
            key = (flag["number"], flag["fraud_type"], flag["action"])
            times[key] = min(times.get(key, flag["flagged_ms"]), flag["flagged_ms"])
    return times


class Compared:
    """Runs the same records in both orders, feedback frozen."""

    def __init__(self) -> None:
        self._policy = shipped_policy()
        self._texts, self._numbers = TextModel.load(), NumberModel.load(FEATURES)

    def likeness(self, simulation: Simulation) -> Likeness:
        """How alike the flags of both orders are."""
        return likeness(*(map(msgspec.to_builtins, found) for found in (self.live(simulation), self.canonical(simulation))))

    def canonical(self, simulation: Simulation) -> list[Flag]:
        """As `replay` has it."""
        flags: list[Flag] = []
        operator = operator_from_toml(simulation.operator_toml())
        replay = Replay(
            self._policy, operator, self._texts, self._numbers, lambda output, dead: flags.extend(output.flags), feedback=False
        )
        replay.run(Line("", number, raw) for number, raw in enumerate(simulation.records, 1))
        return flags

    def live(self, simulation: Simulation) -> list[Flag]:
        """As a worker of one partition that reads the records a few at a time, in the order of the file."""
        operator = simulation.operator_toml()
        intake = Intake(operator_from_toml(operator), 1, self._texts)
        profiles = OneProcess(Partition(0, len(FILES), self._numbers), lambda hour_ms, outputs: None)
        order = OrderSettings("live").payload()
        controls = [("policy", self._policy.source.encode()), ("operator", operator.encode()), ("order", order), ("models", b"")]
        frames = [control_frame(kind, 1, payload) for kind, payload in controls]
        profiles.apply([[*frames, *(idle_frame(source, NEVER, True) for source in FILES.values())]], [])
        read: Counter[str] = Counter()
        for begin in range(0, len(simulation.records), AT_ONCE):
            by_kind: dict[str, list[bytes]] = {}
            for raw in simulation.records[begin : begin + AT_ONCE]:
                by_kind.setdefault(kind_of(raw) or "call", []).append(raw)
            for kind, values in by_kind.items():
                offsets = range(read[kind], read[kind] + len(values))
                read[kind] += len(values)
                result = intake.batch([Part(FILES[kind], kind, values, offsets, [ARRIVED_MS] * len(values), True)])
                profiles.apply([result.frames], [])
        outputs, _ = profiles.finish()
        return outputs[0].flags


def main() -> None:
    """Compare, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m linewatch.training.evaluate.live_order", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, help="of the operators to simulate")
    seeds = parser.parse_args().seeds
    table = Table("seed", "Jaccard", "pairs of flags", "apart at p99", f"more than {APART_S:.0f} s apart")
    compared = Compared()
    pooled: list[float] = []
    for seed in track(seeds, "comparing live with canonical order"):
        found = compared.likeness(simulate(REPORTED, SUBSCRIBERS, DAYS, seed))
        table.add_row(str(seed), f"{found.jaccard:.4f}", *_apart(found.apart_s))
        pooled += found.apart_s
    table.add_row("all", "", *_apart(sorted(pooled)))
    Console().print(table)


def _apart(apart_s: list[float]) -> list[str]:
    beyond = sum(apart > APART_S for apart in apart_s)
    return [f"{len(apart_s):,}", f"{_p99(apart_s):.1f} s", f"{beyond} ({beyond / len(apart_s):.2%})"]


if __name__ == "__main__":
    main()
