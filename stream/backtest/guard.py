"""The guard rail before a policy comes into force: how many numbers it would have blocked, beside the one in force."""

import msgspec

from linewatch.config.errors import DoesNotHold
from linewatch.config.policy import Guard
from linewatch.stream.backtest.compare import heights
from linewatch.stream.backtest.run import Backtest, Outcome
from linewatch.stream.decision.episode import ACTIONS


class Blocked(msgspec.Struct, frozen=True):
    """Numbers that ever came to `block`: under the policy in force, and under the other."""

    in_force: int
    other: int
    records: int
    days: float

    def most(self, guard: Guard) -> int:
        """How many the other may have."""
        return max(guard.blocks_at_least, int(guard.blocks_ratio * self.in_force))

    def __str__(self) -> str:
        if not self.records:
            return "there was no record to hold it against the policy in force by"
        over = f"{self.records:,} records of {self.days:.2f} days"
        return f"over {over} it would have blocked {self.other} numbers, the policy in force blocks {self.in_force}"


def blocked_of(result: Backtest) -> Blocked:
    """Of a backtest of the policy in force and another."""
    in_force, other = map(_blocked, result.outcomes)
    return Blocked(in_force, other, result.records, result.days)


def _blocked(outcome: Outcome) -> int:
    level = ACTIONS.index("block")
    return len({number for (number, _), height in heights(outcome.flags).items() if height.level >= level})


def check(found: Blocked, guard: Guard) -> None:
    """Raises DoesNotHold where the guard of the policy in force does not let the other pass; where there was no record, it does."""
    if found.other > found.most(guard):
        raise DoesNotHold(
            f"refused: {found}; more than {guard.blocks_ratio:g} times as many and more than {guard.blocks_at_least} "
            "([guard] of the policy in force): see which by `linewatch backtest`, or say --force"
        )
