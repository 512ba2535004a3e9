"""A simulated operator: behaviours, their records as they are fed, and the truth about them, in memory and in files."""

import gzip
from collections.abc import Callable
from pathlib import Path

import msgspec

from linewatch.training.simulate.frauds.every import FRAUDS
from linewatch.training.simulate.lines import Lines, as_fed
from linewatch.training.simulate.lookalikes import every as lookalikes
from linewatch.training.simulate.ordinary.every import ORDINARY
from linewatch.training.simulate.parameters import Parameters
from linewatch.training.simulate.verdicts import verdicts
from linewatch.training.simulate.world import World

BEHAVIOURS = (*ORDINARY, lookalikes, *FRAUDS)


class Simulation:
    """Records as they are fed, one JSON line each, and the rows of `labels.jsonl`, `related.jsonl`, `lookalikes.jsonl`."""

    def __init__(self, world: World) -> None:
        self.world = world
        lines = Lines(world).all() + verdicts(world)
        self.records = as_fed(world, lines)
        labelled = {line["number"] for line in world.labels}
        self.labels = world.labels
        self.related = [line for line in world.related if line["number"] not in labelled]
        self.lookalikes = [line for line in world.innocents if line["number"] not in labelled]

    def operator_toml(self) -> str:
        """The operator file that belongs to the records."""
        p = self.world.parameters
        registered = "".join(f'"{number}" = "{service}"\n' for number, service in sorted(self.world.registered.items()))
        return (
            f'country = "{p.country}"\ntimezone = "{p.timezone}"\n'
            f'plmn = ["{p.plmn}"]\nown_prefixes = ["{p.own_prefix}"]\n'
            f'international_trunks = ["INT-*"]\ndomestic_trunks = ["IC-*"]\n[registered]\n{registered}'
        )


def simulate(
    parameters: Parameters,
    subscribers: int,
    days: float,
    seed: int,
    progress: Callable[[str], None] = lambda step: None,
) -> Simulation:
    """One operator; the same arguments give the same bytes."""
    world = World(parameters, subscribers, days, seed)
    for behaviour in BEHAVIOURS:
        name = behaviour.__name__.removesuffix(".every").rsplit(".", 1)[-1]
        progress(name)
        world.fraud = name if behaviour in FRAUDS else ""
        behaviour.add(world)
    progress("records")
    return Simulation(world)


def write_simulation(simulation: Simulation, directory: Path) -> None:
    """`records.jsonl.gz`, `labels.jsonl`, `related.jsonl` and `operator.toml` of the contract, and `lookalikes.jsonl`."""
    directory.mkdir(parents=True, exist_ok=True)
    with gzip.GzipFile(directory / "records.jsonl.gz", "wb", compresslevel=3, mtime=0) as out:
        for begin in range(0, len(simulation.records), 10_000):
            out.write(b"\n".join(simulation.records[begin : begin + 10_000]) + b"\n")
    for name, rows in (
        ("labels", simulation.labels),
        ("related", simulation.related),
        ("lookalikes", simulation.lookalikes),
    ):
        (directory / f"{name}.jsonl").write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    (directory / "operator.toml").write_text(simulation.operator_toml())
