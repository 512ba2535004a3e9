"""Quix Streams as a peer, in an environment of its own: `group_by`, and a stateful `apply` on RocksDB with a changelog.

Run by that environment's Python: `python -m linewatch.training.bench.peers.quix BROKERS GROUP SOURCE ALERTS EVENTS FOLDER`.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

from linewatch.training.bench.peers.common import Clock, Peer, fold, passes, step

VERSION = "3.28.1"  # Apache-2.0


def command(_: Path) -> list[str]:
    """Make the environment the first time."""
    from linewatch.training.bench.apache_kafka import CACHE  # not for the process that is measured

    folder = CACHE.parent / f"peers-{VERSION}"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        for made in (
            [sys.executable, "-m", "venv", "--clear", folder],
            [python, "-m", "pip", "install", f"quixstreams=={VERSION}"],
        ):
            done = subprocess.run(list(map(str, made)), capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(f"Quix Streams {VERSION} could not be installed: {(done.stdout + done.stderr)[-2000:]}")
        (folder / "complete").touch()
    return [str(python), "-m", __name__]


PEER = Peer(
    name=f"Quix Streams {VERSION}",
    short="quix",
    does="three decayed counts a number in three half-lives, in RocksDB with a changelog, and one limit",
    most=1_000_000,
    topics=(),  # makes those of its own by itself
    command=command,
)


def main(brokers: str, group: str, source: str, alerts: str, events: int, folder: str) -> None:
    """Take so many events through the last step and leave."""
    from quixstreams import Application, State  # type: ignore[import-not-found]  # in its own environment only

    clock = Clock(events)
    app = Application(
        broker_address=brokers, consumer_group=group, auto_offset_reset="earliest", state_dir=folder, loglevel="WARNING"
    )

    def only_what_is_needed(call: dict[str, Any]) -> dict[str, Any]:
        clock.begin()
        return {"calling": call["calling"], "step": step(call["start_ms"], call.get("ring_s"), call["duration_s"])}

    def add(value: dict[str, Any], state: State) -> dict[str, float] | None:
        before = state.get("sums")
        after = fold(before, *value["step"])
        state.set("sums", after)
        if clock.count():
            app.stop()
        return {"attempts": after[1]} if passes(before, after) else None

    calls = app.dataframe(app.topic(source, value_deserializer="json"))
    calls = calls.apply(only_what_is_needed).group_by("calling")
    calls = calls.apply(add, stateful=True).filter(lambda alert: alert is not None)
    calls.to_topic(app.topic(alerts, value_serializer="json"))
    app.run()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]), sys.argv[6])
