"""What `linewatch replay --log` does: what a worker must have flagged, in files, and a summary."""

import time
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from itertools import chain, islice
from pathlib import Path

from linewatch.config.errors import UnusableInput
from linewatch.config.worker import Kafka, WorkerConfig, load_worker_config
from linewatch.stream.cli.output import log_bar
from linewatch.stream.cli.replay_outputs import Outputs
from linewatch.stream.cli.replay_summary import show_log
from linewatch.stream.shell.replay_log import outputs_of_log


def replay_log(brokers: str, config: Path | None, paths: Mapping[str, Path | None]) -> None:
    """Read the whole log and write what it gives; files are opened when its first messages are there."""
    settings = _settings(brokers, config)
    began = time.perf_counter()
    released = scored = 0
    flags: Counter[str] = Counter()
    with ExitStack() as stack, log_bar() as progress:
        batches = outputs_of_log(settings, progress)
        first = list(islice(batches, 1))
        files = Outputs(stack, paths)
        for output in chain(first, batches):
            files.write(output)
            flags.update(f"{flag.fraud_type} {flag.action}" for flag in output.flags)
            released, scored = released + output.released, scored + output.scored
    show_log(released, scored, flags, time.perf_counter() - began)


def _settings(brokers: str, config: Path | None) -> WorkerConfig:
    if config is None:
        if not brokers:
            raise UnusableInput("--log names no brokers; give --log HOST:PORT, or --log with --config FILE")
        return WorkerConfig(kafka=Kafka(bootstrap_servers=brokers))
    return load_worker_config(config)  # which says more than where the brokers are
