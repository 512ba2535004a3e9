"""A candidate in the shadow, promoted, rolled back, all of it in the history; a policy that blocks too much is refused."""

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

from kafka_deployment import Deployment, assert_same_flags, read_flags
from linewatch.config.policy import load_policy, policy_from_toml, shipped_policy
from linewatch.config.worker import load_worker_config
from linewatch.models.pretrained.number import NumberModel
from linewatch.stream.backtest.over_log import over_log
from linewatch.stream.profiles.features import FEATURES
from linewatch.training.bench.apache_kafka import wait_until


def written(path: Path, block: float, review: float) -> str:
    """Write the shipped policy with other thresholds; returns its identity."""
    text = re.sub(r"(?m)^block = .*$", f"block = {block}", shipped_policy().source)
    text = re.sub(r"(?m)^review = .*$", f"review = {review}", text)
    text = re.sub(r"(?m)^watch = .*$", "watch = 0.35", text)
    text = text.replace("blocks_ratio = 2.0", "blocks_ratio = 1.1")
    text = re.sub(r'(?m)^version = "[^"]*"', f'version = "{path.stem}"', text)
    path.write_text(text)
    return policy_from_toml(text).identity


def by_log(deployment: Deployment, folder: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What `replay --log` says must have been flagged, by the policy in force and in the shadow."""
    out, aside = folder / "live.jsonl", folder / "shadow.jsonl"
    files = ["--flags", str(out), "--shadow-flags", str(aside)]
    deployment.run("replay", "--log", "--config", str(deployment.config), *files)
    return read_flags(out), read_flags(aside)


def shadow_flags(deployment: Deployment) -> list[dict[str, Any]]:
    by_id = {}
    for message in deployment.read("flags.shadow"):
        flag = msgspec.json.decode(message.value() or b"")
        assert by_id.setdefault(flag["flag_id"], flag) == flag
    return list(by_id.values())


def test_a_policy_goes_through_the_shadow_into_force_and_back(
    deploy: Callable[..., Deployment], carrier: Any, tmp_path: Path
) -> None:
    deployment = deploy(mode="live")
    config = ("--config", str(deployment.config))
    workers = [deployment.start_worker().wait_ready(), deployment.start_worker().wait_ready()]
    candidate, greedy = written(tmp_path / "candidate.toml", 0.96, 0.6), written(tmp_path / "greedy.toml", 0.46, 0.45)
    third = len(carrier.records) // 3
    deployment.feed(carrier.records[:third])
    wait_until(lambda: sum(w.metric("linewatch_sightings_applied_total") for w in workers) > 50_000, 120, "a third worked off")
    middle_ms = int(time.time() * 1000)
    with ThreadPoolExecutor() as pool:
        fed = pool.submit(deployment.feed, carrier.records[third:], per_s=6000)
        said = deployment.run("policy", "shadow", str(tmp_path / "candidate.toml"), "--why", "June", "--by", "mali", *config)
        assert said == f"policy {candidate} decides in the shadow, as shadow 1\n"
        wait_until(lambda: sum(w.metric("linewatch_shadow_flags_total") for w in workers) > 50, 120, "flags in the shadow")
        wait_until(lambda: workers[0].metric("linewatch_shadow_policy_version") == 1, 60, "the shadow in the worker that is killed")
        workers[0].kill()
        fed.result()
    deployment.wait_settled()
    live, shadow = by_log(deployment, tmp_path)
    assert_same_flags(deployment.flags(), live)
    assert_same_flags(shadow_flags(deployment), shadow, least=100, types=4)
    assert {flag["policy_version"] for flag in shadow} == {candidate}
    assert {flag["policy_version"] for flag in live} == {shipped_policy().identity}

    apart = tmp_path / "apart.toml"
    apart.write_text(shipped_policy().source.replace("min_attempts = 4.0", "min_attempts = 6.0"))
    deployment.run("policy", "shadow", str(apart), *config, status=1)
    assert shipped_policy().identity in deployment.run("policy", "show", *config)

    began = time.monotonic()
    said = deployment.run("policy", "promote", "--why", "quiet", "--by", "mali", *config)
    print(f"promoted, the log of {len(carrier.records)} records decided twice, in {time.monotonic() - began:.1f} s")
    assert said == f"policy {candidate} is in force as version 2\n"
    wait_until(lambda: workers[1].metric("linewatch_shadow_policy_version") == 0, 10, "the end of the shadow")
    deployment.run("policy", "push", str(tmp_path / "greedy.toml"), *config, status=1)
    assert candidate in deployment.run("policy", "show", *config), "the guard of the policy in force refused it"
    assert f"{greedy} is in force as version 3" in deployment.run(
        "policy", "push", str(tmp_path / "greedy.toml"), "--force", *config
    )
    assert "of version 1 is in force as version 4" in deployment.run("policy", "rollback", "1", "--why", "too many", *config)
    assert shipped_policy().identity in deployment.run("policy", "show", *config)
    assert greedy in deployment.run("policy", "show", "--version", "3", *config)
    deployment.run("policy", "rollback", "9", *config, status=1)
    deployment.run("policy", "promote", *config, status=1)

    lines = [msgspec.json.decode(line) for line in deployment.run("policy", "history", "--json", *config).splitlines()]
    assert [(line["act"], line["version"]) for line in lines] == [
        ("first", 1),
        ("shadow", 1),
        ("refused", 0),
        ("promote", 2),
        ("shadow_off", 2),
        ("push", 3),
        ("rollback", 4),
    ]
    promoted = lines[3]
    assert (promoted["by"], promoted["why"], promoted["policy_version"], promoted["of"]) == ("mali", "quiet", candidate, 1)
    assert "it would have blocked" in promoted["checked"]
    assert "min_attempts" not in lines[2]["refusal"]
    assert "gate" in lines[2]["refusal"]
    assert abs(promoted["at_ms"] - time.time() * 1000) < 600_000
    table = deployment.run("policy", "history", *config)
    assert "too many" in table

    other = deployment.start_worker().wait_ready()
    assert other.metric("linewatch_shadow_policy_version") == 0
    report = tmp_path / "report.json"
    deployment.run("backtest", "--log", *config, "--policy", str(tmp_path / "candidate.toml"), "--json", str(report))
    found = msgspec.json.decode(report.read_bytes())
    assert [side["policy"] for side in found["sides"]] == [shipped_policy().identity, candidate]
    assert found["records"] == len(carrier.records)
    policies = [shipped_policy(), load_policy(tmp_path / "candidate.toml")]
    part = over_log(load_worker_config(deployment.config), policies, NumberModel.load(FEATURES), middle_ms)
    assert 0 < part.records <= len(carrier.records) - third // 2, "from the middle on, with nothing known before it"
    assert all(len(outcome.flags) > 100 for outcome in part.outcomes)
    assert part.outcomes[0].histogram.sum() == part.outcomes[1].histogram.sum() > 0
    assert "raised" in {change["change"] for change in found["changes"]}
