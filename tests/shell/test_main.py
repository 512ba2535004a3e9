"""The worker's event loops are such that the Kafka client lives on where a connection is gone."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from linewatch.stream.shell import main as module


async def written_to_what_is_gone() -> None:
    """Write to a connection that broke off."""

    async def stay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with await asyncio.start_server(stay, "127.0.0.1", 0) as server:
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.transport.abort()
        await asyncio.sleep(0.01)  # until it is closed
        writer.write(b"x")


def test_a_write_to_a_connection_that_is_gone_raises_nothing_that_aiokafka_does_not_expect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As uvloop's does: a client's own task ends by it, and whoever asks for metadata waits for ever."""
    config = tmp_path / "worker.toml"
    config.write_text(f'[state]\ndirectory = "{tmp_path}"\n')

    async def run(worker: Any, ends: Any) -> int:
        await written_to_what_is_gone()
        await asyncio.to_thread(asyncio.run, written_to_what_is_gone())  # in a loop of another thread, as the consumer has one
        return 7

    monkeypatch.setattr(module, "serve", lambda *arguments: ("", lambda: None))
    monkeypatch.setattr(module, "SWITCH_S", sys.getswitchinterval())
    for name in ("return_large", "settle", "set_up_log", "check_topics", "topic_ids", "Worker"):
        monkeypatch.setattr(module, name, lambda *arguments: None)
    monkeypatch.setattr(module, "run_worker", run)
    assert module.main(config, None) == 7
