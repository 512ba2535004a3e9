"""What the commands about policies have in common: who asks, what is in force, the guard rail, the history as a table."""

import getpass
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from rich.table import Table

from linewatch.config.errors import DoesNotHold
from linewatch.config.operator import operator_from_toml
from linewatch.config.policy import Policy, policy_from_toml
from linewatch.config.worker import load_worker_config
from linewatch.models.pretrained.number import NumberModel
from linewatch.stream.backtest.guard import blocked_of, check
from linewatch.stream.cli.output import log_bar, record_bar
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.shell import push
from linewatch.stream.shell.admin import answering, check_topics
from linewatch.stream.shell.policy_changes import Act, Change, History, Request
from linewatch.stream.shell.snapshot import Snapshot

HOUR_MS = 3_600_000


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
        """Hold a policy against the one in force; returns what was found, empty where it was forced and nothing was asked."""
        if force:
            return ""
        in_force = policy_from_toml(self.in_force().payload.decode())
        result = self._over_records([in_force, other], records) if records else self._over_log([in_force, other], hours)
        found = blocked_of(result)
        check(found, in_force.guard)
        print(found, file=sys.stderr)
        return str(found)

    def _over_log(self, policies: list[Policy], hours: float) -> Any:
        from linewatch.stream.backtest.over_log import over_log

        since_ms = int(datetime.now(UTC).timestamp() * 1000 - hours * HOUR_MS)
        with answering(self._settings), log_bar() as progress:
            return over_log(self._settings, policies, NumberModel.load(FEATURES), since_ms, progress)

    def _over_records(self, policies: list[Policy], records: list[Path]) -> Any:
        from linewatch.stream.cli.backtest import over_files

        with answering(self._settings):
            operator = push.standing(self._settings)["operator"]
        with record_bar() as bar:
            task = bar.add_task("records", total=None)
            who = operator_from_toml(operator.payload.decode())
            return over_files(records, policies, who, lambda count: bar.update(task, advance=count))


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
