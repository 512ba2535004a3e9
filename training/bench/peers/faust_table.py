"""The obvious Faust agent as a peer: a Record, `group_by` and a Table, as its introduction shows them.

Run as a process: `python -m linewatch.training.bench.peers.faust_table BROKERS GROUP SOURCE ALERTS EVENTS FOLDER`.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import faust

from linewatch.training.bench.peers.common import Clock, Peer, fold, passes, step

PARTITIONS = 8
AGENT = "sums"


class Call(faust.Record, serializer="json"):  # type: ignore[misc]  # Faust carries no types
    """The fields of a call that matter here; others are dropped."""

    calling: str
    start_ms: int
    duration_s: float
    ring_s: float | None = None


def command(_: Path) -> list[str]:
    """Nothing to make ready: the project has Faust."""
    return [sys.executable, "-m", __name__]


PEER = Peer(
    name="Faust agent with a Table",
    short="faust-table",
    does="three decayed counts a number in three half-lives, in memory with a changelog, and one limit",
    most=100_000,
    topics=(f"{AGENT}-bench.calls-calling-repartition", "bench-peer-faust-table-sums-changelog"),
    command=command,
)


def main(brokers: str, group: str, source: str, alerts: str, events: int, folder: str) -> None:
    """Take so many events through the last step and leave."""
    clock = Clock(events)
    app = faust.App(
        group,
        broker=f"kafka://{brokers}",
        datadir=folder,
        topic_partitions=PARTITIONS,
        consumer_auto_offset_reset="earliest",
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
    )
    told = app.topic(alerts, value_serializer="json")
    table = app.Table("sums", default=lambda: None)

    def calling(call: Call) -> str:
        clock.begin()
        return str(call.calling)

    async def agent(stream: Any) -> None:
        async for call in stream.group_by(calling, name="calling"):
            before = table[call.calling]
            after = fold(before, *step(call.start_ms, call.ring_s, call.duration_s))
            table[call.calling] = after
            if passes(before, after):
                await told.send(key=call.calling, value={"attempts": after[1]})
            if clock.count():
                await app.producer.flush()
                os._exit(0)

    app.agent(app.topic(source, value_type=Call), name=AGENT)(agent)

    async def run() -> None:
        await app.start()
        await asyncio.Event().wait()

    asyncio.run(run())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]), sys.argv[6])
