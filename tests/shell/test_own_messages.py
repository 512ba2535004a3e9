"""What a worker wrote to the log is applied as it is acknowledged, in the order of the log and with nothing left out before it."""

from types import SimpleNamespace

from linewatch.stream.shell.outbox import Landed
from linewatch.stream.shell.profiles_agent import LARGEST_OWN_BYTES, MOST_OWN_BYTES, Owned


def owned(next_offset: int) -> Owned:
    return Owned(SimpleNamespace(next_offset=next_offset), 0)  # type: ignore[arg-type]  # all that is asked of it here


def test_those_that_follow_are_given_once_in_their_order() -> None:
    one = owned(5)
    for offset in (6, 5, 8):  # acknowledged in another order than they stand in
        one.keep(Landed(offset, 1000 + offset), b"%d" % offset)
    found = one.take_own()
    assert found is not None
    assert (found.offsets, found.values, found.timestamps_ms) == ([5, 6], [b"5", b"6"], [1005, 1006])
    one.state.next_offset = 7
    assert one.take_own() is None, "another's message stands before the next"
    one.state.next_offset = 8
    found = one.take_own()
    assert found is not None
    assert found.offsets == [8]


def test_what_the_log_brought_meanwhile_is_dropped() -> None:
    one = owned(5)
    for offset in range(5, 8):
        one.keep(Landed(offset, 0), b"x")
    one.state.next_offset = 9
    assert one.take_own() is None
    assert not one.own
    assert one.own_bytes == 0


def test_no_more_is_kept_than_there_is_room_for() -> None:
    """The log brings the rest."""
    one, fit = owned(0), MOST_OWN_BYTES // LARGEST_OWN_BYTES
    for offset in range(fit + 1):
        one.keep(Landed(offset, 0), b"x" * LARGEST_OWN_BYTES)
    found = one.take_own()
    assert found is not None
    assert found.offsets == list(range(fit))


def test_what_catches_up_comes_by_the_log() -> None:
    one = owned(0)
    one.keep(Landed(0, 0), b"x" * (LARGEST_OWN_BYTES + 1))
    one.keep(Landed(1, 0), b"x")
    assert one.take_own() is None
