"""The guard rail: how many more numbers a policy may have blocked than the one in force."""

import pytest

from linewatch.config.errors import DoesNotHold
from linewatch.config.policy import Guard
from linewatch.stream.backtest.guard import Blocked, check


@pytest.mark.parametrize(
    ("in_force", "other", "passes"),
    [(100, 200, True), (100, 201, False), (0, 20, True), (0, 21, False), (5, 20, True), (50, 0, True)],
)
def test_twice_as_many_or_a_few_may_be_blocked_and_no_more(in_force: int, other: int, passes: bool) -> None:
    found, guard = Blocked(in_force, other, 1000, 1.0), Guard(blocks_ratio=2.0, blocks_at_least=20)
    if passes:
        check(found, guard)
        return
    with pytest.raises(DoesNotHold, match=f"{other} numbers, the policy in force blocks {in_force}; more than 2 times"):
        check(found, guard)


def test_where_there_was_no_record_that_is_said() -> None:
    """As with the first policy of all: nobody could be asked to force it."""
    found = Blocked(0, 0, 0, 0.0)
    check(found, Guard())
    assert str(found) == "there was no record to hold it against the policy in force by"
