"""A policy pushed while records flow is in force soon after, everywhere, with no restart."""

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from kafka_deployment import Deployment, assert_same_flags
from linewatch.config.policy import policy_from_toml, shipped_policy
from linewatch.training.bench.apache_kafka import wait_until

IN_FORCE_S = 5.0


def unblocking(path: Path) -> str:
    """Write the shipped policy with `block` out of reach; returns its identity."""
    text = re.sub(r"(?m)^block = .*$", "block = 0.99999", shipped_policy().source)
    text = re.sub(r'(?m)^version = "[^"]*"', 'version = "pushed-2"', text)
    path.write_text(text)
    return policy_from_toml(text).identity


def test_a_pushed_policy_changes_actions_under_load(deploy: Callable[..., Deployment], carrier: Any, tmp_path: Path) -> None:
    deployment = deploy(mode="live")
    workers = [deployment.start_worker().wait_ready(), deployment.start_worker().wait_ready()]
    pushed = unblocking(tmp_path / "pushed.toml")
    bad = tmp_path / "bad.toml"
    bad.write_text(shipped_policy().source.replace("hysteresis_margin = 0.1", "hysteresis_margin = 7"))
    with ThreadPoolExecutor() as pool:
        fed = pool.submit(deployment.feed, carrier.records, per_s=6000)
        wait_until(lambda: sum(w.metric("linewatch_flags_total", action="block") for w in workers) > 30, 120, "some blocks")
        deployment.run("policy", "push", str(bad), "--config", str(deployment.config), status=2)
        asked = time.monotonic()
        deployment.run("policy", "push", str(tmp_path / "pushed.toml"), "--force", "--config", str(deployment.config))
        wait_until(lambda: all(w.metric("linewatch_policy_version") == 2 for w in workers), 60, "the policy in force everywhere")
        took_s = time.monotonic() - asked
        assert not fed.done()
        fed.result()
    deployment.wait_settled()
    assert pushed in deployment.run("policy", "show", "--config", str(deployment.config))
    flags = deployment.flags()
    before = [flag for flag in flags if flag["policy_version"] == shipped_policy().identity]
    after = [flag for flag in flags if flag["policy_version"] == pushed]
    assert len(before) + len(after) == len(flags)
    assert sum(flag["action"] == "block" for flag in before) > 30
    assert len([flag for flag in after if flag["action"] == "review"]) > 50
    assert not [flag for flag in after if flag["action"] == "block"]
    assert_same_flags(flags, deployment.flags_by_log())
    assert [worker.process.poll() for worker in workers] == [None, None]
    assert took_s < IN_FORCE_S + 3  # 3 s of it are the start of the command
