"""A simulated operator for the tests on Kafka: its records on disk and in memory, and what `replay` flags of them."""

import subprocess
from pathlib import Path

from kafka_deployment import COMMAND, read_flags
from linewatch.training.simulate.build import simulate, write_simulation
from linewatch.training.simulate.parameters import REPORTED


class Carrier:
    """`flags` are those of canonical order, feedback frozen unless it is asked for."""

    def __init__(self, folder: Path, subscribers: int, days: float, seed: int, feedback: bool = False) -> None:
        simulation = simulate(REPORTED, subscribers, days, seed)
        write_simulation(simulation, folder)
        self.folder = folder
        self.records: list[bytes] = simulation.records
        self.operator = folder / "operator.toml"
        self.file = folder / "records.jsonl.gz"
        out = folder / "flags.jsonl"
        command = [*COMMAND, "replay", str(self.file), "--operator", str(self.operator), "--flags", str(out)]
        subprocess.run(command if feedback else [*command, "--no-feedback"], check=True, capture_output=True)
        self.flags = read_flags(out)
