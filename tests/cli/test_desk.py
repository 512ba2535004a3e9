"""A policy is held against the one in force for minutes: by then another may be in force."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from linewatch.config.errors import DoesNotHold
from linewatch.config.policy import shipped_policy
from linewatch.stream.cli import desk, guarded
from linewatch.stream.cli.desk import Desk
from linewatch.stream.shell.snapshot import Snapshot

CONFIG = Path(__file__).parents[2] / "config" / "worker.toml"


@pytest.mark.parametrize("after", [4, 5])
def test_what_was_held_against_another_policy_is_refused(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    versions = iter([4, after])
    source = shipped_policy().source.encode()
    monkeypatch.setattr(desk, "check_topics", lambda settings: None)
    monkeypatch.setattr(desk, "answering", nullcontext)
    monkeypatch.setattr(desk.push, "standing", lambda settings: {"policy": Snapshot(next(versions), source)})
    monkeypatch.setattr(guarded, "held_against", lambda *asked: "it would have blocked 3")
    asking = Desk(CONFIG, "mali")
    if after == 4:
        assert asking.guarded(shipped_policy(), False, [], 24.0) == "it would have blocked 3"
        return
    with pytest.raises(DoesNotHold, match=r"held against version 4 .* version 5 .* call again"):
        asking.guarded(shipped_policy(), False, [], 24.0)


def test_a_forced_one_is_held_against_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "check_topics", lambda settings: None)
    assert Desk(CONFIG, "mali").guarded(shipped_policy(), True, [], 24.0) == ""
