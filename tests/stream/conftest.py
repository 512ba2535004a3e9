"""Helpers of the core's tests: records made by hand, and partitions fed with them."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import pytest

from linewatch.config.operator import Operator, operator_from_toml
from linewatch.config.policy import Policy, shipped_policy
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.decision.flag import Flag
from linewatch.stream.records.files import Line
from linewatch.stream.replay import Replay

Scored = tuple[list[Flag], Replay]


@pytest.fixture(scope="session")
def score(text_model: TextModel) -> Callable[..., Scored]:
    """Replay dicts or raw lines and return the flags, with the replay to look into."""

    def run(
        records: Iterable[dict[str, Any] | bytes],
        policy: Policy | None = None,
        operator: Operator | None = None,
        feedback: bool = False,
    ) -> Scored:
        flags: list[Flag] = []
        replay = Replay(
            policy or shipped_policy(),
            operator or operator_from_toml('country = "TH"\ntimezone = "Asia/Bangkok"\n'),
            text_model,
            None,
            lambda output, dead: flags.extend(output.flags),
            feedback=feedback,
        )
        raws = (record if isinstance(record, bytes) else msgspec.json.encode(record) for record in records)
        replay.run(Line("test", number, raw) for number, raw in enumerate(raws, 1))
        return flags, replay

    return run
