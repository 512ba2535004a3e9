"""How long a kind of fraud that nobody described goes unflagged, without online models, with them, and with verdicts.

`python -m linewatch.training.evaluate.new_kind` simulates operators over four days. From the middle on numbers act in a way
that rules and number model were not made for: a known type, with everything at a fraction of the pace that either was tuned
or trained on. An analyst judges what is flagged as it an hour later, and no more than so many of the third day's. What is
measured are the numbers that begin on the fourth day. It writes the table into `docs/detection.md`.
"""

import argparse
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import msgspec
from rich.console import Console
from rich.progress import track

from linewatch.config.policy import shipped_policy
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.event_time import DAY_MS, HOUR_MS
from linewatch.stream.records.files import lines
from linewatch.training.evaluate.measure import ACTIONS
from linewatch.training.evaluate.pages import put_into
from linewatch.training.evaluate.report import DOCUMENT
from linewatch.training.evaluate.trial import replayed
from linewatch.training.simulate.build import BEHAVIOURS, Simulation
from linewatch.training.simulate.parameters import REPORTED, Parameters
from linewatch.training.simulate.world import World

MARK: Final = "new kinds"
SEEDS: Final = (83001, 83002, 83003, 83004)
SUBSCRIBERS, DAYS = 2500, 4
NUMBERS: Final = (260.0, 260.0)
"""Of the new kind, or half of them where a type has two sorts: enough for 200 verdicts in a day."""
SLOWER: Final = 0.2
KINDS: Final = ("robocall", "wangiri", "sim_box")
VERDICTS: Final = (20, 50, 200)


class Run(NamedTuple):
    """Of the numbers that began on the last day the hours until each was flagged, None for never; and false alarms of its type."""

    hours: list[float | None]
    verdicts: int
    false: int
    records: int


def parameters_of(kind: str) -> Parameters:
    """Those that are reported, with this type alone slower than any."""
    low, high = getattr(REPORTED, f"{kind}_per_h")
    changes: dict[str, Any] = {f"{kind}_numbers": NUMBERS, f"{kind}_per_h": (low * SLOWER, high * SLOWER)}
    return msgspec.structs.replace(REPORTED, stealth_share=0.0, verdict_share=0.0, **changes)


def simulated(kind: str, seed: int) -> Simulation:
    """An operator whose frauds of one type begin in the middle."""
    world = World(parameters_of(kind), SUBSCRIBERS, DAYS, seed)
    begin_ms = world.start_ms
    for behaviour in BEHAVIOURS:
        is_new = behaviour.__name__.rsplit(".", 1)[-1] == kind
        world.start_ms = begin_ms + (world.end_ms - begin_ms) // 2 if is_new else begin_ms
        behaviour.add(world)
    world.start_ms = begin_ms
    return Simulation(world)


def flagged(simulation: Simulation, kind: str, feedback: bool, verdicts: Sequence[bytes], text_model: TextModel) -> dict[str, int]:
    """When each number was first flagged as this type, in ms."""
    first: dict[str, int] = {}
    with TemporaryDirectory() as folder:
        paths = []
        for name, some in (("records", simulation.records), ("verdicts", verdicts)):
            paths.append(Path(folder) / f"{name}.jsonl")
            paths[-1].write_bytes(b"".join(raw + b"\n" for raw in some))
        in_time = (line.raw for line in lines(paths))
        for flag in replayed(simulation, in_time, shipped_policy(), text_model, feedback):
            if flag.fraud_type == kind and flag.action in ACTIONS:
                first.setdefault(flag.number, flag.flagged_ms)
    return first


def verdicts_on(first: Mapping[str, int], truth: Mapping[str, int], kind: str, from_ms: int, most: int) -> list[bytes]:
    """What an analyst says, an hour later, of the first numbers that were flagged within a day."""
    within = sorted((at_ms, number) for number, at_ms in first.items() if from_ms <= at_ms < from_ms + DAY_MS - HOUR_MS)
    said = ((number, at_ms + HOUR_MS, "fraud" if number in truth else "legitimate") for at_ms, number in within[:most])
    made = [
        {"kind": "verdict", "record_id": f"v{place}", "number": number, "at_ms": at_ms, "verdict": verdict}
        | {"source": "analyst", "fraud_type": kind}
        for place, (number, at_ms, verdict) in enumerate(said)
    ]
    return [msgspec.json.encode(one) for one in made]


def truth_of(simulation: Simulation, kind: str) -> dict[str, int]:
    """When each number of the kind began, in ms."""
    return {line["number"]: line["first_ms"] for line in simulation.labels if line["fraud_type"] == kind}


def measured(simulation: Simulation, kind: str, first: Mapping[str, int], verdicts: int) -> Run:
    """The numbers of the last day, and the false alarms of the type over all."""
    truth = truth_of(simulation, kind)
    last_ms = simulation.world.start_ms + (DAYS - 1) * DAY_MS
    hours = [(first[number] - begun) / HOUR_MS if number in first else None for number, begun in truth.items() if begun >= last_ms]
    known = {line["number"] for line in (*simulation.labels, *simulation.related)}
    return Run(hours, verdicts, sum(number not in known for number in first), len(simulation.records))


def runs_of(kind: str, seed: int) -> list[Run]:
    """One operator: without online models, with them, and with so many verdicts each of `VERDICTS`."""
    simulation, text_model = simulated(kind, seed), TextModel.load()
    truth = truth_of(simulation, kind)
    third_ms = simulation.world.start_ms + (DAYS - 2) * DAY_MS
    found = [measured(simulation, kind, flagged(simulation, kind, False, [], text_model), 0)]
    unjudged = flagged(simulation, kind, True, [], text_model)
    found.append(measured(simulation, kind, unjudged, 0))
    for most in VERDICTS:
        verdicts = verdicts_on(unjudged, truth, kind, third_ms, most)
        found.append(measured(simulation, kind, flagged(simulation, kind, True, verdicts, text_model), len(verdicts)))
    return found


def table(by_kind: Mapping[str, Sequence[Sequence[Run]]]) -> str:
    """Markdown: the operators of a kind together."""
    rows = [
        "| new kind | online models | verdicts of the day before | numbers | flagged | hours until then, median | mean "
        "| false alarms of the type a million |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    names = ["without", "with", *("with" for _ in VERDICTS)]
    for kind, operators in by_kind.items():
        for name, runs in zip(names, zip(*operators, strict=True), strict=True):
            hours = [one for run in runs for one in run.hours]
            known = [one for one in hours if one is not None]
            when = f"{median(known):.2f} | {mean(known):.2f}" if known else " | "
            said = " to ".join(dict.fromkeys(str(one) for one in (min(r.verdicts for r in runs), max(r.verdicts for r in runs))))
            false = sum(run.false for run in runs) * 1e6 / sum(run.records for run in runs)
            share = f"{len(known) / max(1, len(hours)):.3f}"
            rows.append(f"| slow {kind.replace('_', ' ')} | {name} | {said} | {len(hours)} | {share} | {when} | {false:.1f} |")
    return "\n".join(rows)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="*", default=SEEDS, help="one operator of each kind a seed")
    parser.add_argument("--no-write", action="store_true", help=f"leave {DOCUMENT.name} as it is")
    arguments = parser.parse_args()
    cases = list(product(KINDS, arguments.seeds))
    with ProcessPoolExecutor() as pool:
        found = pool.map(runs_of, *zip(*cases, strict=True))
        runs = list(track(found, "operators", len(cases), console=Console(stderr=True)))
    by_kind = {kind: [run for case, run in zip(cases, runs, strict=True) if case[0] == kind] for kind in KINDS}
    shown = table(by_kind)
    print(shown)
    if not arguments.no_write:
        put_into(DOCUMENT, MARK, shown)


if __name__ == "__main__":
    main()
