"""A source that nobody ever wrote to holds nobody back, neither a first worker nor the next one."""

from collections.abc import Callable
from itertools import islice
from typing import Any

from kafka_deployment import Deployment, assert_all_counted, assert_same_flags
from linewatch.stream.records.decode import kind_of

RECORDS = 60_000


def test_an_empty_topic_holds_nobody_back_after_a_restart(deploy: Callable[..., Deployment], carrier: Any) -> None:
    """The first worker commits the beginning of what is empty; the next one is to know that it has read all of it."""
    calls = list(islice((record for record in carrier.records if kind_of(record) == "call"), RECORDS))
    deployment = deploy(mode="live")
    first = deployment.start_worker().wait_ready()
    deployment.feed(calls[: RECORDS // 2])
    deployment.wait_settled()
    first.kill(15)
    second = deployment.start_worker().wait_ready()
    deployment.feed(calls[RECORDS // 2 :], seed=2, per_s=10_000.0)
    deployment.wait_settled()  # nothing is held any more
    assert second.metric("linewatch_flags_total") > 20
    assert_same_flags(deployment.flags(), deployment.flags_by_log())
    assert_all_counted(deployment)
