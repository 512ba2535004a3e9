"""How far live order departs from canonical order (G3), on simulated operators, in memory.

One run has six pairs of flags in its last hundredth, so that its p99 is a matter of the seed: several seeds are pooled.
"""

import argparse
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import msgspec
from rich.console import Console
from rich.progress import track
from rich.table import Table

from linewatch.config.operator import operator_from_toml
from linewatch.config.policy import shipped_policy
from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.intake.intake import Intake
from linewatch.stream.order.frame import Mark, Source, control_frame, idle_frame, marks_frame
from linewatch.stream.order.settings import OrderSettings
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.profiles.partition import Partition
from linewatch.stream.records.decode import kind_of
from linewatch.stream.records.kinds import KINDS
from linewatch.training.simulate.build import Simulation, simulate
from linewatch.training.simulate.parameters import REPORTED

SUBSCRIBERS, DAYS = 8000, 0.3
APART_S = 60.0
NEVER_MS = -(1 << 62)
SOURCES = {kind: Source(kind, kind, 0) for kind in KINDS}
AT_ONCE = {"live": 40, "canonical": 1000}
ARRIVED_MS = 1_900_000_000_000  # after every simulated record


class Likeness(NamedTuple):
    """Of (number, type, action of at least review): Jaccard, and how far `flagged_ms` is apart, in s, rising."""

    jaccard: float
    apart_s: list[float]

    @property
    def p99_s(self) -> float:
        """The 99th percentile."""
        return self.apart_s[int(len(self.apart_s) * 0.99)]


def likeness(these: Iterable[dict[str, Any]], those: Iterable[dict[str, Any]]) -> Likeness:
    """Compare two sets of flags, each as plain data."""
    one, other = _first(these), _first(those)
    apart_s = sorted(abs(one[key] - other[key]) / 1000 for key in one.keys() & other.keys())
    return Likeness(len(apart_s) / len(one.keys() | other.keys()), apart_s)


def _first(flags: Iterable[dict[str, Any]]) -> dict[tuple[str, str, str], int]:
    times: dict[tuple[str, str, str], int] = {}
    for flag in flags:
        if flag["action"] in {"review", "block"}:
            key = (flag["number"], flag["fraud_type"], flag["action"])
            times[key] = min(times.get(key, flag["flagged_ms"]), flag["flagged_ms"])
    return times


def flags_of(simulation: Simulation, mode: Literal["live", "canonical"]) -> list[dict[str, Any]]:
    """The flags of one partition that is given the records in the order of the file, feedback frozen."""
    operator = simulation.operator_toml()
    intake = Intake(operator_from_toml(operator), 1, TextModel.load())
    partition = Partition(0, len(SOURCES), NumberModel.load(FEATURES))
    payloads = {
        "policy": shipped_policy().source.encode(),
        "operator": operator.encode(),
        "order": OrderSettings(mode).payload(),
        "models": b"",
    }
    frames = [control_frame(kind, 1, payload) for kind, payload in payloads.items()]
    frames += [idle_frame(source, NEVER_MS, mode == "live") for source in SOURCES.values()]
    found = []
    read = dict.fromkeys(KINDS, 0)
    for records in [(), *_some(simulation.records, AT_ONCE[mode])]:
        for kind, values in _by_kind(records).items():
            offsets = list(range(read[kind], read[kind] + len(values)))
            read[kind] += len(values)
            arrived = [ARRIVED_MS] * len(values)
            frames += intake.batch(SOURCES[kind], kind, values, offsets, arrived, mode == "live").frames
        if mode == "canonical" and records:
            clock_ms = max(intake.clock_ms(source) for source in SOURCES.values())
            frames.append(marks_frame([(source, Mark(clock_ms, True)) for source in SOURCES.values()]))
        next_offset = partition.next_offset
        output = partition.apply([(next_offset + index, frame, 0) for index, frame in enumerate(frames)])
        frames = []
        found += output.flags
    return [msgspec.to_builtins(flag) for flag in [*found, *partition.drain().flags]]


def _some(records: Sequence[bytes], size: int) -> Iterable[Sequence[bytes]]:
    return (records[begin : begin + size] for begin in range(0, len(records), size))


def _by_kind(records: Sequence[bytes]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for raw in records:
        found.setdefault(kind_of(raw) or "call", []).append(raw)
    return found


def main() -> None:
    """Compare, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m linewatch.training.evaluate.live_order", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[31, 32, 33, 34], help="of the operators to simulate")
    seeds = parser.parse_args().seeds
    table = Table("seed", "pairs of flags", "Jaccard", "apart at p99", f"more than {APART_S:.0f} s apart")
    pooled: list[float] = []
    for seed in track(seeds, "comparing live with canonical order"):
        simulation = simulate(REPORTED, SUBSCRIBERS, DAYS, seed)
        found = likeness(flags_of(simulation, "live"), flags_of(simulation, "canonical"))
        table.add_row(str(seed), *_row(found))
        pooled += found.apart_s
    table.add_row("all", *_row(Likeness(float("nan"), sorted(pooled))))
    Console().print(table)


def _row(found: Likeness) -> list[str]:
    beyond = sum(apart > APART_S for apart in found.apart_s)
    jaccard = "" if found.jaccard != found.jaccard else f"{found.jaccard:.4f}"
    return [f"{len(found.apart_s):,}", jaccard, f"{found.p99_s:.1f} s", f"{beyond} ({beyond / len(found.apart_s):.2%})"]


if __name__ == "__main__":
    main()
