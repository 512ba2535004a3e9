"""The operator's world: who its subscribers are, where numbers come from, and the columns that behaviours hand in."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from numpy.typing import NDArray

from linewatch.stream.event_time import DAY_MS, HOUR_MS
from linewatch.training.simulate.numbering import FOREIGN, HOT, Head
from linewatch.training.simulate.parameters import Parameters, Range

START_MS: Final = 1_767_225_600_000  # 2026-01-01 00:00 UTC

PLAIN: Final = "plain"

Objects = NDArray[np.object_]
Times = NDArray[np.int64]


class Calls(msgspec.Struct):
    """Calls of one behaviour, column by column."""

    calling: Objects
    called: Objects
    start_ms: Times
    ring_s: NDArray[np.float64]
    duration_s: NDArray[np.float64]
    cause: NDArray[np.int64]
    moving: bool = True
    modems: int = 0  # its SIMs move between so many handsets of one site; 0 where each keeps its own
    site: int | None = None  # all its SIMs stand at one place
    abroad: str | None = None  # the network that serves the caller, an own SIM abroad
    visiting: bool = False  # a foreign SIM that this network serves
    spoofed: str | None = None  # the trunk group by which a call comes in that presents a number whose line made none
    copied: bool = False  # another handset under the same subscription makes the calls, elsewhere
    thief: bool = False  # they are a thief's, who holds the number
    beside: bool = False  # the same, but where the first one is
    attestation: str | None = None
    fraud: str = ""  # the fraud that they are part of


class Messages(msgspec.Struct):
    """Messages of one behaviour."""

    sender: Objects
    recipient: Objects
    submit_ms: Times
    text: Sequence[str | None]
    fraud: str = ""


class Renewal(msgspec.Struct, frozen=True):
    """From when on a number has another SIM, another handset, another home."""

    at_ms: int
    sim: bool
    handset: bool
    home: bool


class World:
    """Subscribers and random numbers; every behaviour draws from the same generator, in a fixed order."""

    def __init__(self, parameters: Parameters, subscribers: int, days: float, seed: int) -> None:
        self.parameters = parameters
        self.random = np.random.default_rng(seed)
        self.days = days
        self.start_ms = START_MS + int(self.random.integers(0, 200)) * DAY_MS
        self.end_ms = self.start_ms + round(days * DAY_MS)
        begin = datetime.fromtimestamp(self.start_ms / 1000, UTC).astimezone(ZoneInfo(parameters.timezone))
        self.offset_h = (begin.utcoffset() or timedelta()).total_seconds() / 3600
        self._mobile: set[int] = set()
        self._lines: set[int] = set()
        self.subscribers = self.new_mobile(subscribers)
        self.calls: list[Calls] = []
        self.messages: list[Messages] = []
        self.events: list[dict[str, Any]] = []
        self.labels: list[dict[str, Any]] = []
        self.related: list[dict[str, Any]] = []
        self.innocents: list[dict[str, str]] = []
        self.registered: dict[str, str] = {}
        self.forwards: dict[str, tuple[int, str]] = {}  # since when, and whereto
        self.renewed: dict[str, Renewal] = {}
        self.fraud = ""  # whose calls and messages are being added
        self.silenced: dict[str, int] = {}  # from when on the owner's own telephone is dead

    def draw(self, between: Range, count: int | None = None) -> Any:
        """Uniform in the range, one number or `count` of them."""
        return self.random.uniform(between[0], between[1], count)

    def draw_pace(self, between: Range) -> float:
        """Log-uniform in the range."""
        return float(np.exp(self.random.uniform(np.log(between[0]), np.log(between[1]))))

    def draw_count(self, between: Range) -> int:
        """How many numbers of a campaign: drawn from the range, ends included, times the root of the operator's size."""
        scale = max(1.0, (len(self.subscribers) / 2000) ** 0.5) * self.parameters.frauds
        return max(1, int(self.random.integers(int(between[0]), int(between[1]) + 1) * scale))

    def count(self, per_2000: float) -> int:
        """How many of a kind an operator of this size has; what is left over one comes by chance."""
        expected = per_2000 * len(self.subscribers) / 2000
        return int(expected) + int(self.random.random() < expected % 1)

    def chance(self, share: float) -> bool:
        """True in that share of the cases."""
        return bool(self.random.random() < share)

    def strangers(self, count: int) -> Objects:
        """Subscribers drawn at random, as a campaign reaches them."""
        return self.subscribers[self.random.integers(0, len(self.subscribers), count)]

    def new_mobile(self, count: int) -> Objects:
        """Numbers of the own mobile range that nobody had before."""
        fresh = _fresh(self.random, self._mobile, 10_000_000, count)
        return np.array([f"{self.parameters.own_prefix}{number:07d}" for number in fresh], object)

    def new_block(self, count: int, scattered: bool, begin: str = "") -> Objects:
        """Numbers of one block of 1,000 that nobody had before, one after the other or anywhere in it.

        `begin` is the block, the number but for its last three digits; without it one is drawn.
        """
        begin = begin or self.new_mobile(1)[0][:-3]
        head = int(begin[len(self.parameters.own_prefix) :]) * 1000
        tails = self.random.permutation(1000) if scattered else (np.arange(1000) + self.random.integers(0, 1000)) % 1000
        free = [head + tail for tail in tails.tolist() if head + tail not in self._mobile][:count]
        self._mobile.update(free)
        return np.array([f"{self.parameters.own_prefix}{number:07d}" for number in free], object)

    def fixed(self, count: int = 1) -> Objects:
        """Lines of enterprises that nobody had before."""
        width = self.parameters.fixed_digits
        fresh = _fresh(self.random, self._lines, 10**width, count)
        return np.array([f"{self.parameters.fixed_prefix}{number:0{width}d}" for number in fresh], object)

    def foreign(self, count: int) -> Objects:
        """Numbers abroad."""
        return self._abroad(FOREIGN, count)

    def hot(self, count: int) -> Objects:
        """Numbers in ranges that revenue-share fraud uses; a campaign has few."""
        return self._abroad(HOT, count)

    def _abroad(self, heads: tuple[Head, ...], count: int) -> Objects:
        chosen = self.random.integers(0, len(heads), count).tolist()
        tails = self.random.integers(0, 1_000_000, count).tolist()
        rows = zip((heads[c] for c in chosen), tails, strict=True)
        return np.array([f"{head}{tail % 10**width:0{width}d}" for (head, width), tail in rows], object)

    def local_ms(self, day: int, hour: float) -> int:
        """Event time of a local hour of a day of the span."""
        return self.start_ms + day * DAY_MS + round((hour - self.offset_h) % 24 * HOUR_MS)

    def by_day(self, count: int, night_share: float = 0.06) -> Times:
        """Times over the whole span, by the rhythm of a day: few at night, most in the evening; local time."""
        hours = np.array([0.3, 0.2, 0.1, 0.1, 0.1, 0.3, 1, 3, 5, 6, 6, 6, 6, 5, 5, 5, 6, 7, 8, 8, 7, 5, 3, 1.0])
        night = np.r_[np.ones(6), np.zeros(16), np.ones(2)] > 0
        hours[night] *= night_share / (1 - night_share) * hours[~night].sum() / hours[night].sum()
        local = self.random.choice(24, size=count, p=hours / hours.sum())
        day = self.random.integers(0, max(1, int(np.ceil(self.days))), count)
        times = self.start_ms + day * DAY_MS + ((local - self.offset_h) % 24 * HOUR_MS).astype(np.int64)
        return self.within(times + self.random.integers(0, HOUR_MS, count))

    def within(self, times: Times) -> Times:
        """Times folded into the span."""
        return self.start_ms + (times - self.start_ms) % (self.end_ms - self.start_ms)

    def moment(self, left_ms: int = HOUR_MS) -> int:
        """A time that has so much of the simulated time after it, its very beginning where that is shorter."""
        return int(self.random.integers(self.start_ms, max(self.start_ms + 1, self.end_ms - left_ms)))

    def campaign(self, per_h: float, hours: float, begin_ms: int | None = None) -> Times:
        """Times of a campaign at a steady pace with Poisson gaps, cut at the span's end."""
        hours = min(hours, self.days * 24 * 0.8)
        begin = self.moment(round(hours * HOUR_MS)) if begin_ms is None else begin_ms
        gaps = self.random.exponential(HOUR_MS / per_h, max(1, round(per_h * hours)))
        times = begin + np.cumsum(gaps).astype(np.int64)
        return times[times < self.end_ms]

    def open_or_stealthy(self, per_h: Range, hours: Range, slower: float = 0.2, longer: float = 2.0) -> tuple[bool, Times]:
        """Whether a number hides, and the times of its campaign: slower and longer then, but for that drawn from the ranges."""
        stealthy = self.chance(self.parameters.stealth_share)
        pace, lasts_h = self.draw_pace(per_h), self.draw(hours)
        return stealthy, self.campaign(pace * slower, lasts_h * longer) if stealthy else self.campaign(pace, lasts_h)

    def shift(self, per_h: float, hours: float, begin_h: float = 9.0) -> Times:
        """Times of a working day each day, from about `begin_h` local, with an hour's break."""
        parts = []
        for day in range(max(1, round(self.days))):
            begin = self.local_ms(day, begin_h + self.random.uniform(-1, 1))
            times = self.campaign(per_h, hours, begin)
            pause = begin + hours * HOUR_MS / 2
            parts.append(times[(times < pause) | (times > pause + HOUR_MS)])
        return np.concatenate(parts)

    def call(self, calling: Any, called: Objects, start_ms: Times, answered: float, mean_s: float, **more: Any) -> Calls:
        """Add calls; a share is answered, for log-normal seconds of about the mean given."""
        count = len(called)
        ring = np.clip(self.random.gamma(3.0, 4.0, count), 1.0, 60.0).round(1)
        lasted = np.maximum(1.0, self.random.lognormal(np.log(mean_s) - 0.4, 0.9, count)).round(1)
        taken = self.random.random(count) < answered
        calls = Calls(
            calling=np.broadcast_to(np.asarray(calling, object), count),
            called=called,
            start_ms=start_ms,
            ring_s=more.pop("ring_s", ring),
            duration_s=np.where(taken, more.pop("lasted_s", lasted), 0.0),
            cause=np.where(taken, 16, self.random.choice([19, 17, 16, 31], count)),
            **{"fraud": self.fraud} | more,
        )
        self.calls.append(calls)
        return calls

    def call_back(self, number: str, called: Objects, times: Times, share: float, mean_s: float, after_s: float) -> None:
        """A share of those who were called call the number, some time later."""
        back = self.random.random(len(called)) < share
        delay = (30_000 + self.random.exponential(1000 * after_s, int(back.sum()))).astype(np.int64)
        self.call(called[back], np.repeat(number, back.sum()), self.within(times[back] + delay), 0.85, mean_s)

    def one_at_a_time(self, calls: Calls) -> None:
        """One line for one caller: each call waits for the end of the one before."""
        order = np.argsort(calls.start_ms, kind="stable")
        free_ms = 0
        starts = calls.start_ms.copy()
        for index in order.tolist():
            starts[index] = max(int(starts[index]), free_ms)
            free_ms = int(starts[index]) + round(1000 * (calls.ring_s[index] + calls.duration_s[index])) + 2000
        calls.start_ms = starts

    def rings(self, calls: Calls, share: float, between: Range) -> None:
        """Let a share of the unanswered calls be given up after so many seconds."""
        given_up = (self.random.random(len(calls.called)) < share) & (calls.duration_s == 0)
        calls.ring_s = np.where(given_up, self.draw(between, len(calls.called)).round(1), calls.ring_s)

    def text(self, sender: Any, recipient: Objects, submit_ms: Times, texts: Sequence[str | None]) -> None:
        """Add messages."""
        senders = np.broadcast_to(np.asarray(sender, object), len(recipient))
        self.messages.append(Messages(senders, recipient, submit_ms, texts, self.fraud))

    def form(self, *evasive: str) -> str:
        """Plain, or one of the forms in which a fraud hides."""
        return str(self.random.choice(evasive)) if self.chance(self.parameters.evasive_share) else PLAIN

    def happen(self, number: str, event: str, at_ms: int, target: str | None = None) -> None:
        """Add a subscriber event; forwarding is in force from then on."""
        line: dict[str, Any] = {"number": number, "event": event, "at_ms": int(at_ms)}
        self.events.append(line | ({"target": target} if target else {}))
        if target is not None:
            self.forwards[number] = (int(at_ms), target)

    def label(self, number: str, fraud_type: str, first_ms: int, variant: str, also: list[str] | None = None) -> None:
        """The truth about a number; `variant` is `PLAIN` or the form in which it hides."""
        line: dict[str, Any] = {"number": number, "fraud_type": fraud_type, "first_ms": int(first_ms)}
        line |= {"stealthy": variant != PLAIN, "variant": variant}
        self.labels.append(line | ({"also": also} if also else {}))

    def relate(self, numbers: Any, fraud_type: str, role: str) -> None:
        """Accomplices, destinations, victims: flagging them is neither right nor wrong."""
        self.related.extend({"number": n, "fraud_type": fraud_type, "role": role} for n in dict.fromkeys(numbers))


def _fresh(random: np.random.Generator, taken: set[int], below: int, count: int) -> list[int]:
    """`count` numbers under `below` that are not taken yet; takes them."""
    found: list[int] = []
    while len(found) < count:
        for number in random.integers(0, below, count - len(found)).tolist():
            if number not in taken:
                taken.add(number)
                found.append(number)
    return found
