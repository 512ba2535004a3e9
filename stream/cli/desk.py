"""What the commands about policies have in common: who asks, what is in force, how it came about."""

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from rich.table import Table

from linewatch.config.errors import DoesNotHold
from linewatch.config.policy import Policy, policy_from_toml
from linewatch.config.worker import load_worker_config
from linewatch.stream.shell import push
from linewatch.stream.shell.admin import answering, check_topics
from linewatch.stream.shell.policy_changes import Act, Change, History, Request
from linewatch.stream.shell.snapshot import Snapshot


class Desk:
    """One person at the topics of one configuration."""

    def __init__(self, config: Path, by: str = "", why: str = "") -> None:
        self._settings = load_worker_config(config)
        self._by, self._why = by or _account(), why
        check_topics(self._settings)

    def in_force(self) -> Snapshot:
        """The policy in force; raises DoesNotHold where there is none."""
        with answering(self._settings):
            held = push.standing(self._settings).get("policy")
        if held is None:
            raise DoesNotHold("no policy is in force: no worker has started on these topics yet; start one with `linewatch worker`")
        return held

    def history(self) -> History:
        """How policies came about."""
        with answering(self._settings):
            return push.history(self._settings)

    def version(self, number: int) -> Change:
        """The policy that was in force as this version; raises DoesNotHold where there was none."""
        found = self.history().version(number)
        if found is None:
            raise DoesNotHold(f"no policy was in force as version {number}; look at `linewatch policy history`")
        return found

    def ask(self, act: Act, **fields: Any) -> Change:
        """Have it done by the worker that writes policies."""
        request = Request(uuid4().hex, act, self._by, self._why, **fields)
        with answering(self._settings):
            return push.ask(self._settings, request)

    def guarded(self, other: Policy, force: bool, records: list[Path], hours: float) -> str:
        """Hold a policy against the one in force; returns what was found, empty where it was forced and nothing was asked.

        Raises DoesNotHold where it is refused, or where by then another is in force than the one that it was held against.
        """
        if force:
            return ""
        from linewatch.stream.cli.guarded import held_against

        before = self.in_force()
        found = held_against(self._settings, policy_from_toml(before.payload.decode()), other, records, hours)
        if (now := self.in_force().version) != before.version:
            raise DoesNotHold(
                f"refused: it was held against version {before.version} of the policy in force, and version {now} has come into "
                "force since; look at `linewatch policy history`, and call again"
            )
        return found


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in a container
        return "unknown"


def table_of(changes: list[Change]) -> Table:
    """A line for each, the oldest first."""
    table = Table("when (UTC)", "what", "policy", "as", "by", "why")
    for one in changes:
        when = f"{datetime.fromtimestamp(one.at_ms / 1000, UTC):%Y-%m-%d %H:%M:%S}"
        act = one.act + (f" of {one.of}" if one.of is not None else "") + (", forced" if one.forced else "")
        counted = "" if one.refusal else f"shadow {one.version}" if one.act.startswith("shadow") else f"version {one.version}"
        table.add_row(when, act, one.policy_version, counted, one.by, "; ".join(filter(None, (one.why, one.refusal, one.checked))))
    return table
