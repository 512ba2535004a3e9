"""The worker's process: configuration, metrics, checks, then the app on one event loop."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Final

import msgspec

from linewatch.config.worker import OperatorFile, load_worker_config
from linewatch.stream.memory import return_large, settle
from linewatch.stream.metrics import Metrics
from linewatch.stream.shell.admin import check_topics, topic_ids
from linewatch.stream.shell.health import Progress, serve
from linewatch.stream.shell.worker import Worker, log, run_worker, set_up_log

SWITCH_S: Final = 0.0005
"""After so long a thread lets another have the interpreter. Python's own 5 ms stood several times in a fetch's way."""


def main(config_file: Path, operator: Path | None) -> int:
    """Run one worker; returns its exit status."""
    return_large()
    config = load_worker_config(config_file)
    if operator is not None:
        config = msgspec.structs.replace(config, operator=OperatorFile(str(operator)))
    set_up_log()
    metrics, progress = Metrics(), Progress()
    address, stop_serving = serve(config.metrics.host, config.metrics.port, metrics, progress)
    log.info("metrics on %s", address)
    sizes = check_topics(config)
    ids = topic_ids(config)
    Path(config.state.directory).mkdir(parents=True, exist_ok=True)
    sys.setswitchinterval(SWITCH_S)

    async def run() -> int:
        worker = Worker(config, metrics, progress, ids, sizes)
        settle()
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        return await run_worker(worker, stopping.is_set)

    try:
        return asyncio.run(run())
    finally:
        stop_serving()
