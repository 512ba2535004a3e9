"""What a worker remembered of the messages that went by is remembered by the one that is started after it."""

import signal
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import numpy as np
import pytest

from kafka_deployment import Deployment
from linewatch.stream.order.frame import decode
from linewatch.stream.order.sighting import SMS, campaign_of
from linewatch.training.bench.apache_kafka import wait_until

BEGIN_MS = 1_767_225_600_000
TEXT = "Your parcel {} is held at the depot, a fee is due today. Pay at https://track-ab3k.top/{} or it will be returned"


def messages(senders: Iterable[int]) -> list[bytes]:
    """One message each, of one campaign."""
    return [
        msgspec.json.encode(
            {
                "kind": "sms",
                "record_id": f"m{sender}",
                "sender": f"+6692123{sender:04d}",
                "recipient": f"+6681555{sender:04d}",
                "submit_ms": BEGIN_MS + 1000 * sender,
                "text": TEXT.format(sender, sender),
            }
        )
        for sender in senders
    ]


def campaign_sizes(deployment: Deployment) -> list[int]:
    """By message of a bad campaign how many numbers had sent it by then, as the log has it."""
    frames = [decode(message.value() or b"") for message in deployment.read("sightings")]
    rows = np.concatenate([frame.sightings() for frame in frames])
    details = rows["detail"][(rows["kind"] == SMS) & (rows["detail"] > 0)]
    return sorted({campaign_of(detail)[0] for detail in details.tolist()})


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_campaign_is_known_after_a_restart(deploy: Callable[..., Any], how: int) -> None:
    deployment = deploy(mode="live", feedback=True, memory_s=300.0 if how == signal.SIGTERM else 1.0)
    worker = deployment.start_worker().wait_ready()
    deployment.feed(messages(range(8)))
    deployment.wait_settled()
    copy = deployment.folder / "state" / "intake-0.memory"
    if how == signal.SIGKILL:
        made = copy.stat().st_mtime_ns
        wait_until(lambda: copy.stat().st_mtime_ns > made, 30, "a copy of what all eight sent")
    worker.kill(how)
    before = campaign_sizes(deployment)
    deployment.start_worker().wait_ready()
    deployment.feed(messages([8, 9]))
    deployment.wait_settled()
    assert before[-1] == 8
    assert campaign_sizes(deployment)[-2:] == [9, 10]
