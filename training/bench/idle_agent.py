"""The yardstick: a Faust agent that takes single raw events and does nothing with them.

Run as a process: `python -m linewatch.training.bench.idle_agent BROKERS GROUP TOPIC EVENTS`; prints events, CPU seconds
of the process and wall seconds, counted from the first event.
"""

import asyncio
import os
import sys
from typing import Any

import faust

from linewatch.training.bench.peers.common import Clock


def main(brokers: str, group: str, topic: str, events: int) -> None:
    """Take so many events and leave."""
    app = faust.App(
        group,
        broker=f"kafka://{brokers}",
        value_serializer="raw",
        key_serializer="raw",
        store="memory://",
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
    )
    clock = Clock(events)

    async def agent(stream: Any) -> None:
        async for _ in stream:
            clock.begin()
            if clock.count():
                os._exit(0)

    app.agent(app.topic(topic, value_serializer="raw", key_serializer="raw"), name=f"{group}.idle")(agent)

    async def run() -> None:
        await app.start()
        await asyncio.Event().wait()

    asyncio.run(run())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
