"""How long a worker's partitions stand still when it is killed: a million numbers in state, half of them in other hands at once.

Two workers share what the first of the records of `make bench` left. One is killed by SIGKILL; the other is asked, over
and over, whether all partitions are in its hands, recovered and ready. The session timeout, after which the brokers call the
dead one dead, is in the figure.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from linewatch.config.worker import load_worker_config
from linewatch.stream.shell.admin import create_topics
from linewatch.training.bench.apache_kafka import Broker
from linewatch.training.bench.kafka_side import PARTITIONS, PORT, Worker, fill, write_config
from linewatch.training.bench.records import read_lines, records_folder

RECORDS: Final = 4_500_000


def _has(worker: Worker, partitions: int) -> bool:
    return worker.answers("/readyz") and worker.total("linewatch_assigned_partitions") == partitions


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m linewatch.training.bench.failover", description=__doc__)
    parser.add_argument("--records", type=int, default=RECORDS, help="records that fill the state")
    parser.add_argument("--times", type=int, default=3, help="how many workers are killed, one after the other")
    settings = parser.parse_args()
    console = Console()
    with console.status("simulating records (kept for the next time)") as status, tempfile.TemporaryDirectory() as made:
        folder = records_folder(lambda step: status.update(f"simulating: {step}"))
        with Broker(Path(made)) as broker:
            configs = [write_config(broker.bootstrap, Path(made), folder / "operator.toml", port) for port in (PORT, PORT + 1)]
            create_topics(load_worker_config(configs[0]))
            lines = read_lines(folder)[: settings.records]
            fill(broker.bootstrap, lines, lambda count: status.update(f"filling the topics: {count:,} of {len(lines):,}"))
            table = Table("profiles", "of the one that was killed", "all partitions ready again after")
            status.update("a worker that works them off")
            with Worker(configs[0], broker.bootstrap) as staying:
                staying.wait_ready()
                staying.work_off()
                profiles = staying.total("linewatch_profiles")
                for turn in range(settings.times):
                    status.update(f"kill {turn + 1} of {settings.times}")
                    with Worker(configs[1], broker.bootstrap) as killed:
                        killed.wait_ready()
                        staying.wait(lambda: _has(staying, PARTITIONS // 2))
                        theirs = killed.total("linewatch_profiles")
                        killed.kill()
                        began = time.monotonic()
                        staying.wait(lambda: _has(staying, PARTITIONS))
                        took_s = time.monotonic() - began
                    table.add_row(f"{profiles:,.0f}", f"{theirs:,.0f}", f"{took_s:.1f} s")
    console.print(table)


if __name__ == "__main__":
    main()
