"""Which units of state a partition is recovered from."""

from linewatch.stream.shell.durable import Found, Unit, ahead_of, chain_of


def _found(owner: str, generation: int, serial: int, full: bool, offset: int = 0) -> Found:
    return Found(Unit(generation, owner, serial, full, False, 1), offset, [b""])


def test_the_last_full_unit_and_what_follows_it_without_a_gap() -> None:
    units = [
        _found("a", 1, 1, True),
        _found("a", 1, 2, False),
        _found("a", 1, 3, True),
        _found("a", 1, 4, False),
        _found("a", 1, 6, False),
    ]
    assert chain_of(units) == units[2:4]
    assert chain_of([]) == []
    assert chain_of([_found("a", 1, 2, False)]) == [], "changes to nothing are nothing"


def test_what_a_worker_writes_that_was_thought_dead_is_not_recovered_from() -> None:
    new = [_found("b", 2, 1, True), _found("b", 2, 2, False)]
    late = [_found("a", 1, 7, True), _found("a", 1, 8, False)]
    assert chain_of([_found("a", 1, 6, True), new[0], *late, new[1]]) == new


def test_units_of_one_owner_go_on_through_a_rebalance() -> None:
    units = [_found("a", 1, 1, True), _found("a", 1, 2, False), _found("a", 2, 3, False), _found("a", 4, 4, False)]
    assert chain_of(units) == units
    late = [_found("z", 3, 1, True), _found("z", 3, 2, False)]
    assert chain_of([*units[:3], *late, units[3]]) == units


def test_units_follow_those_before_also_when_the_group_counts_anew() -> None:
    before = [_found("a", 57, 1, True)]
    units = [one.unit for one in before]
    assert ahead_of(units, 58) == 0
    assert ahead_of([], 1) == 0
    ahead = ahead_of(units, 1)
    after = [_found("b", 1 + ahead, 1, True)]
    assert chain_of([*before, *after]) == after
    assert ahead_of(units, 57) == 1, "the same generation may have been another worker's"
