"""What arms a watch on a number, and what is counted that only matters together with it: acts in one half-life, times, bits.

A watch is a time, in steps of ten minutes, 0 for never: a SIM or handset change, an activation, a forwarding, a call of seconds to
a premium number, when the number was last served abroad. Everything is a function of the sightings in their order, as in `fold`,
which calls these. A row has 40 bytes of it.
"""

from typing import Any, Final

import numpy as np

from linewatch.stream.order import sighting as s
from linewatch.stream.profiles.decay import Sums, halved, open_sums
from linewatch.stream.profiles.kernel import compiled, inlined
from linewatch.stream.profiles.row import ACTS, TICK_MS
from linewatch.stream.records.columns import mix

SIM_TOLD, FORWARDS_ABROAD, FORWARDS_HOT, AWAY, NEW_PLACE, AT_HOME, TALKED, SAME_PLACE = (1 << bit for bit in range(8))
"""Bits of `marks`: the SIM change was told, not inferred; where forwarded calls go; it is abroad; in cells not seen before; its own
network served it ever; it made the call that ended last; where it was served first since the SIM changed, it had been before."""

LONG_CALL_S: Final = 600.0
TWO_RINGS_S: Final = 10.0  # of five seconds each, the usual cadence (ITU-T E.180)
BRIEF_RING_S: Final = 1.8  # a flash call is given up by the service as soon as it rings
PROBE_S: Final = 15.0
TRAVEL_S: Final = 600  # two handsets in two cells within it are not one person's
FLIGHT_S: Final = 3600  # nor are two networks
OTP_FROM: Final = 0.5

TICKS_AN_HOUR: Final = 6
ARMED: Final = 72 * TICKS_AN_HOUR
ROAMED: Final = 24 * TICKS_AN_HOUR  # so long after it was served abroad a number may call from there
_AHEAD: Final = 0xE000  # from here on a difference of ticks is one of a time that lies ahead, as a late record finds it
_STALE: Final = 45 * 24 * TICKS_AN_HOUR  # then a time is taken for never, long before it could come round again

_ACTIVATED, _SIM_CHANGED, _DEVICE_CHANGED, _FORWARDING_SET = range(4)
_LONG, _BRIEF, _ROAMING_ABROAD, _SPOOFED, _OVERLAPS, _CLONES, _FORWARDED, _FORWARDED_S, _OTP_IN, _FEW_RINGS = range(len(ACTS))
_MOST: Final = 250
_NO_TIME: Final = 0xFFFF


@compiled
def open_acts(target: Any, acts: Sums, event_ms: int, half_life_ms: float) -> float:
    """Open a row's acts as of the event; returns what an act of then weighs, less than 1 where the row is ahead of it."""
    open_sums(target.acts, acts)
    elapsed = event_ms - target.last_ms
    if elapsed == 0:
        return 1.0
    left = halved(abs(elapsed) / half_life_ms)
    if elapsed < 0:
        return float(left)
    for act in range(len(acts.flat)):
        acts.flat[act] *= left
    return 1.0


@compiled
def clear_watches(target: Any) -> None:
    """As of a number that was never seen."""
    target.acts[:] = np.uint16(0)
    target.sim_at = target.activated_at = target.forwarding_at = target.probe_at = target.roamed_at = 0
    target.device_s = target.lasted_s = target.forward_callers = 0
    target.before_s = _NO_TIME
    target.device = target.place = target.device_before = target.place_before = 0
    target.marks = target.otps_since = target.known_since = target.new_since = 0


@inlined
def tick(ms: int) -> int:
    """A time as it is held, never 0."""
    return max((ms // TICK_MS) & 0xFFFF, 1)


@inlined
def ticks_since(moment: int, now_ms: int) -> int:
    """Steps since a time that is set; 0 where it lies ahead."""
    since = (tick(now_ms) - int(moment)) & 0xFFFF
    return 0 if since >= _AHEAD else since


@inlined
def within(moment: int, now_ms: int, span: int) -> bool:
    """Whether a time is set and lies at most so many steps back."""
    return moment != 0 and ticks_since(moment, now_ms) <= span


@compiled
def forget_stale(target: Any, event_ms: int) -> None:
    """Take what was long ago for never, so that no time comes round again; a record of long ago tells nothing of now."""
    now_ms = max(event_ms, target.last_ms)
    if target.sim_at and ticks_since(target.sim_at, now_ms) > _STALE:
        target.sim_at = 0
    if target.activated_at and ticks_since(target.activated_at, now_ms) > _STALE:
        target.activated_at = 0
    if target.forwarding_at and ticks_since(target.forwarding_at, now_ms) > _STALE:
        target.forwarding_at = 0
    if target.probe_at and ticks_since(target.probe_at, now_ms) > _STALE:
        target.probe_at = 0
    if target.roamed_at and ticks_since(target.roamed_at, now_ms) > _STALE:
        target.roamed_at = 0


@inlined
def _seconds(ms: int) -> int:
    return min(max(ms // 1000, 0), 0xFFFFFFFF)


@inlined
def _arm(target: Any, now_ms: int, told: int) -> None:
    target.sim_at = tick(now_ms)
    target.marks = (target.marks & ~(SIM_TOLD | NEW_PLACE | SAME_PLACE)) | told
    target.otps_since = target.known_since = target.new_since = 0


@compiled
def told(target: Any, row: Any, hot: bool) -> None:
    """A subscriber event; `hot` where a forwarding's target is in a range of revenue share."""
    forget_stale(target, row.event_ms)
    if row.detail == _ACTIVATED:
        target.activated_at = tick(row.event_ms)
    elif row.detail == _SIM_CHANGED or row.detail == _DEVICE_CHANGED:  # noqa: PLR1714  # compiled, a tuple is slower
        _arm(target, row.event_ms, SIM_TOLD if row.detail == _SIM_CHANGED else 0)
    elif row.detail == _FORWARDING_SET:
        target.forwarding_at = tick(row.event_ms)
        target.forward_callers = 0
        target.marks &= ~(FORWARDS_ABROAD | FORWARDS_HOT)
        if row.flags & s.INTERNATIONAL:
            target.marks |= FORWARDS_ABROAD
        if hot:
            target.marks |= FORWARDS_HOT


@compiled
def served(target: Any, acts: Sums, row: Any, weight: float) -> bool:
    """A leg, the first one or not, that a switch wrote of the party it served; before its equipment is remembered.

    Returns whether it tells of a clone.
    """
    forget_stale(target, row.event_ms)
    was_away = target.marks & AWAY != 0
    if row.flags & s.ROAMING:
        target.roamed_at = tick(row.event_ms)
        target.marks |= AWAY
        acts.flat[_SPOOFED] = np.float32(0.0)  # it is abroad: calls from there are its own
    elif row.flags & s.SERVED:
        target.marks = (target.marks & ~AWAY) | AT_HOME
    if row.handset == np.uint64(0):
        return False
    known = np.uint64(1) << (mix(row.handset) & np.uint64(63))
    if target.handset_bits != np.uint64(0) and not target.handset_bits & known and not within(target.sim_at, row.event_ms, ARMED):
        _arm(target, row.event_ms, 0)
    if row.cell != np.uint64(0):
        if not target.cell_bits & (np.uint64(1) << (mix(row.cell) & np.uint64(63))):
            target.marks |= NEW_PLACE
        elif not target.marks & NEW_PLACE:
            target.marks |= SAME_PLACE
    clones = acts.flat[_CLONES]
    if row.kind == s.CALL and row.duration_s > 0:
        far = (row.flags & s.ROAMING != 0) != was_away
        device, place = 1 + (row.handset >> np.uint64(8)) % np.uint64(255), 1 + (row.cell >> np.uint64(8)) % np.uint64(255)
        _talk(target, acts, row, weight, device, place, FLIGHT_S if far else TRAVEL_S)
    return bool(acts.flat[_CLONES] > clones)


@inlined
def _apart(device: int, place: int, other_device: int, other_place: int) -> bool:
    """Whether two calls were in two handsets, both known, in two places."""
    known = device != 0 and other_device != 0
    return known and device != other_device and place != other_place


@inlined
def _clones(apart: bool, begun_s: int, ended_before_s: int, span_s: int) -> int:
    return 1 if apart and begun_s <= ended_before_s + span_s else 0


@inlined
def _overlaps(apart: bool, begun_s: int, ended_before_s: int, made: bool) -> int:
    return 1 if not apart and made and begun_s < ended_before_s else 0


@compiled
def _talk(target: Any, acts: Sums, row: Any, weight: float, device: int, place: int, span_s: int) -> None:
    """An answered call: while another one, far off, had one, or too soon after it, there are two; 0 for an unknown handset.

    Calls are compared each with the one that ended before it. One that comes late is put between the last two, and counts
    for what it changes there: so that the sums hardly depend on the order in which records came.
    """
    begun_s, ended_s, made = _seconds(min(row.start_ms, row.event_ms)), _seconds(row.event_ms), row.role == s.CALLER
    last_s = int(target.device_s)
    if ended_s >= last_s:
        apart = _apart(device, place, target.device, target.place)
        acts.flat[_CLONES] += np.float32(weight * _clones(apart, begun_s, last_s, span_s))
        acts.flat[_OVERLAPS] += np.float32(weight * _overlaps(apart, begun_s, last_s, made))
        target.device_before, target.place_before = target.device, target.place
        target.before_s, target.lasted_s = min(ended_s - last_s, _NO_TIME), min(ended_s - begun_s, _NO_TIME)
        target.device_s, target.device, target.place = ended_s, device, place
        target.marks = target.marks | TALKED if made else target.marks & ~TALKED
        return
    before_s = last_s - int(target.before_s)
    if ended_s < before_s:
        return
    last_begun_s, last_made = last_s - int(target.lasted_s), target.marks & TALKED != 0
    from_before = _apart(device, place, target.device_before, target.place_before)
    to_last = _apart(device, place, target.device, target.place)
    passed = _apart(target.device, target.place, target.device_before, target.place_before)
    clones = _clones(from_before, begun_s, before_s, span_s) + _clones(to_last, last_begun_s, ended_s, span_s)
    clones -= _clones(passed, last_begun_s, before_s, span_s)
    overlaps = _overlaps(from_before, begun_s, before_s, made) + _overlaps(to_last, last_begun_s, ended_s, last_made)
    overlaps -= _overlaps(passed, last_begun_s, before_s, last_made)
    acts.flat[_CLONES] += np.float32(weight * max(0, clones))
    acts.flat[_OVERLAPS] += np.float32(weight * max(0, overlaps))
    target.before_s, target.device_before, target.place_before = last_s - ended_s, device, place


@compiled
def acted(target: Any, acts: Sums, row: Any, weight: float, hot: bool, known: bool, turned: bool) -> None:
    """A call made, or a message sent, at its first leg; `known`: its counterparty was met before; `turned`: not the last one."""
    if turned and within(target.sim_at, row.event_ms, ARMED):
        if known:
            target.known_since = min(int(target.known_since) + 1, _MOST)
        else:
            target.new_since = min(int(target.new_since) + 1, _MOST)
    if row.kind != s.CALL:
        return
    flat = acts.flat
    if row.duration_s > 0:
        if row.duration_s >= LONG_CALL_S:
            flat[_LONG] += np.float32(weight)
        if hot and row.duration_s <= PROBE_S:
            target.probe_at = tick(row.event_ms)
        if target.device == 0 and row.handset == np.uint64(0):  # no switch names one: an exchange's line, or another operator's
            _talk(target, acts, row, weight, 0, 0, 0)
    elif 0.0 <= row.ring_s <= TWO_RINGS_S and not row.flags & s.UNALLOCATED:
        flat[_FEW_RINGS] += np.float32(weight)
        if row.ring_s <= BRIEF_RING_S:
            flat[_BRIEF] += np.float32(weight)
    if row.flags & s.ROAMING and row.flags & s.INTERNATIONAL:
        flat[_ROAMING_ABROAD] += np.float32(weight)
    own = row.flags & s.ENTITY_OWN and row.flags & s.FROM_OUTSIDE
    home = row.flags & s.FROM_ABROAD and not row.flags & s.ENTITY_FOREIGN and row.flags & s.ENTITY_NUMBER
    if (own or home) and not row.flags & s.SERVED and not within(target.roamed_at, row.event_ms, ROAMED):
        flat[_SPOOFED] += np.float32(weight)


@compiled
def got_code(target: Any, acts: Sums, row: Any, weight: float) -> bool:
    """A one-time password received; whether it matters, since the SIM changed of late."""
    acts.flat[_OTP_IN] += np.float32(weight)
    if not within(target.sim_at, row.event_ms, ARMED):
        return False
    target.otps_since = min(int(target.otps_since) + 1, _MOST)
    return target.otps_since > 1


@compiled
def forwarded(target: Any, acts: Sums, row: Any, weight: float, hot: bool) -> bool:
    """A call that the number sent on; whether that is worth a look."""
    forget_stale(target, row.event_ms)
    if not row.flags & s.INTERNATIONAL:
        return False
    acts.flat[_FORWARDED] += np.float32(weight)
    acts.flat[_FORWARDED_S] += np.float32(weight * min(row.duration_s, 86400.0))
    target.forward_callers |= 1 << int(mix(row.handset) & np.uint64(15))
    target.marks |= FORWARDS_ABROAD | (FORWARDS_HOT if hot else 0)
    return acts.flat[_FORWARDED] >= 1.9


@compiled
def wakes(acts: Sums, attempts: float, distinct: float) -> bool:
    """Whether acts that few others have deserve the rules and models, however few calls there were."""
    flat = acts.flat
    if flat[_SPOOFED] >= 1.5 or flat[_CLONES] >= 1.5 or flat[_ROAMING_ABROAD] >= 3.0:
        return True
    return attempts >= 8.0 and distinct <= 0.3 * attempts
