"""The guard rail of `policy push` and `policy promote`: both policies decide over the last hours of the log, or over records."""

import sys
import time
from pathlib import Path
from typing import Any

from linewatch.config.operator import operator_from_toml
from linewatch.config.policy import Policy
from linewatch.config.worker import WorkerConfig
from linewatch.models.pretrained.number import NumberModel
from linewatch.stream.backtest.guard import blocked_of, check
from linewatch.stream.backtest.over_log import over_log
from linewatch.stream.cli.backtest import over_files
from linewatch.stream.cli.output import log_bar, record_progress
from linewatch.stream.event_time import HOUR_MS
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.shell import push
from linewatch.stream.shell.admin import answering


def held_against(config: WorkerConfig, in_force: Policy, other: Policy, records: list[Path], hours: float) -> str:
    """What was found, in a line that is shown; raises DoesNotHold where the guard of the one in force refuses the other."""
    policies = [in_force, other]
    found = blocked_of(_over_records(config, policies, records) if records else _over_log(config, policies, hours))
    check(found, in_force.guard)
    print(found, file=sys.stderr)
    return str(found)


def _over_log(config: WorkerConfig, policies: list[Policy], hours: float) -> Any:
    since_ms = int(time.time() * 1000 - hours * HOUR_MS)
    with answering(config), log_bar() as progress:
        return over_log(config, policies, NumberModel.load(FEATURES, candidates=config.models.candidates), since_ms, progress)


def _over_records(config: WorkerConfig, policies: list[Policy], records: list[Path]) -> Any:
    with answering(config):
        operator = operator_from_toml(push.standing(config)["operator"].payload.decode())
    with record_progress() as progress:
        return over_files(records, policies, operator, progress, config.models.candidates)
