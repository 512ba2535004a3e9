"""The operator's world: who its subscribers are, where numbers come from, and the columns that behaviours hand in."""

from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from linewatch.training.simulate.parameters import Parameters, Range

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
START_MS: Final = 1_767_225_600_000  # 2026-01-01 00:00 UTC
FOREIGN: Final = ("+4477009", "+1202555", "+3361234", "+4915112", "+8190123", "+6591234", "+9198765", "+6141234")
HOT: Final = ("+5351", "+3712", "+25290", "+960799", "+220330", "+23276", "+882166", "+881655", "+2399")

Objects = NDArray[np.object_]


class Calls(msgspec.Struct):
    """Calls of one behaviour, column by column; `own` says whether the caller is served here (else it comes in)."""

    calling: Objects
    called: Objects
    start_ms: NDArray[np.int64]
    ring_s: NDArray[np.float64]
    duration_s: NDArray[np.float64]
    cause: NDArray[np.int64]
    moving: bool = True
    rotating: bool = False  # its SIMs move between handsets
    attestation: str | None = None


class Messages(msgspec.Struct):
    """Messages of one behaviour."""

    sender: Objects
    recipient: Objects
    submit_ms: NDArray[np.int64]
    text: list[str | None]


class World:
    """Subscribers and random numbers; every behaviour draws from the same generator, in a fixed order."""

    def __init__(self, parameters: Parameters, subscribers: int, days: float, seed: int) -> None:
        self.parameters = parameters
        self.random = np.random.default_rng(seed)
        self.days = days
        self.start_ms = START_MS + int(self.random.integers(0, 200)) * DAY_MS
        self.end_ms = self.start_ms + round(days * DAY_MS)
        taken = self.random.choice(10_000_000, size=subscribers, replace=False)
        self.subscribers = np.array([f"{parameters.own_prefix}{number:07d}" for number in taken], object)
        self.calls: list[Calls] = []
        self.messages: list[Messages] = []
        self.events: list[dict[str, Any]] = []
        self.labels: list[dict[str, Any]] = []
        self.related: list[dict[str, Any]] = []
        self.registered: dict[str, str] = {}
        self._fixed = 0

    def draw(self, between: Range, count: int | None = None) -> Any:
        """Uniform in the range, one number or `count` of them."""
        return self.random.uniform(between[0], between[1], count)

    def draw_count(self, between: Range) -> int:
        """A whole number in the range, both ends included; grows with the square root of the operator's size."""
        scale = max(1.0, (len(self.subscribers) / 2000) ** 0.5)
        return int(self.random.integers(int(between[0]), int(between[1]) + 1) * scale)

    def strangers(self, count: int) -> Objects:
        """Subscribers drawn at random, as a campaign reaches them."""
        return self.subscribers[self.random.integers(0, len(self.subscribers), count)]

    def new_mobile(self, count: int) -> Objects:
        """Numbers of the own range that are no subscriber drawn before."""
        numbers = self.random.integers(0, 10_000_000, count)
        return np.array([f"{self.parameters.own_prefix}{number:07d}" for number in numbers], object)

    def fixed(self, count: int = 1) -> Objects:
        """Lines of enterprises, one after the other."""
        self._fixed += count
        width = 4 if self.parameters.country == "KE" else 5
        return np.array([f"{self.parameters.fixed_prefix}{n:0{width}d}" for n in range(self._fixed - count, self._fixed)], object)

    def foreign(self, count: int) -> Objects:
        """Numbers abroad."""
        heads = self.random.integers(0, len(FOREIGN), count)
        tails = self.random.integers(0, 10_000, count)
        return np.array(
            [f"{FOREIGN[h]}{t:04d}" if len(FOREIGN[h]) > 7 else f"{FOREIGN[h]}{t:05d}" for h, t in zip(heads, tails, strict=True)],
            object,
        )

    def hot(self, count: int) -> Objects:
        """Numbers in ranges that revenue-share fraud uses; a campaign has few."""
        heads = self.random.integers(0, len(HOT), count)
        tails = self.random.integers(0, 1_000_000, count)
        return np.array([f"{HOT[h]}{t:06d}" for h, t in zip(heads, tails, strict=True)], object)

    def by_day(self, count: int, night_share: float = 0.06) -> NDArray[np.int64]:
        """Times over the whole span, by the rhythm of a day: few at night, most in the evening; local time."""
        hours = np.array([0.3, 0.2, 0.1, 0.1, 0.1, 0.3, 1, 3, 5, 6, 6, 6, 6, 5, 5, 5, 6, 7, 8, 8, 7, 5, 3, 1.0])
        night = np.r_[np.ones(6), np.zeros(16), np.ones(2)] > 0
        hours[night] *= night_share / (1 - night_share) * hours[~night].sum() / hours[night].sum()
        local = self.random.choice(24, size=count, p=hours / hours.sum())
        offset = 7 if self.parameters.country == "TH" else 3
        day = self.random.integers(0, max(1, int(np.ceil(self.days))), count)
        times = self.start_ms + day * DAY_MS + (local - offset) % 24 * HOUR_MS
        return self.within(times + self.random.integers(0, HOUR_MS, count))

    def within(self, times: NDArray[np.int64]) -> NDArray[np.int64]:
        """Times folded into the span."""
        return self.start_ms + (times - self.start_ms) % (self.end_ms - self.start_ms)

    def campaign(self, per_h: float, hours: float, begin_ms: int | None = None) -> NDArray[np.int64]:
        """Times of a campaign at a steady pace with Poisson gaps, cut at the span's end."""
        hours = min(hours, self.days * 24 * 0.8)
        latest = self.end_ms - round(hours * HOUR_MS)
        begin = int(self.random.integers(self.start_ms, max(self.start_ms + 1, latest))) if begin_ms is None else begin_ms
        gaps = self.random.exponential(HOUR_MS / per_h, max(1, round(per_h * hours)))
        times = begin + np.cumsum(gaps).astype(np.int64)
        return times[times < self.end_ms]

    def call(
        self, calling: Any, called: Objects, start_ms: NDArray[np.int64], answered: float, mean_s: float, **more: Any
    ) -> Calls:
        """Add calls; a share is answered, for log-normal seconds of the mean given."""
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
            **more,
        )
        self.calls.append(calls)
        return calls

    def text(self, sender: Any, recipient: Objects, submit_ms: NDArray[np.int64], texts: list[str | None]) -> None:
        """Add messages."""
        self.messages.append(Messages(np.broadcast_to(np.asarray(sender, object), len(recipient)), recipient, submit_ms, texts))

    def label(self, number: str, fraud_type: str, first_ms: int, also: list[str] | None = None) -> None:
        """The truth about a number."""
        line: dict[str, Any] = {"number": number, "fraud_type": fraud_type, "first_ms": int(first_ms)}
        self.labels.append(line | ({"also": also} if also else {}))

    def relate(self, numbers: Any, fraud_type: str, role: str) -> None:
        """Accomplices, destinations, victims: flagging them is neither right nor wrong."""
        self.related.extend({"number": n, "fraud_type": fraud_type, "role": role} for n in dict.fromkeys(numbers))
