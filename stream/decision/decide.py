"""The decision: scores in the order of the log become episodes and flags, by the policy's thresholds.

Everything here runs on event time and on counts of one partition, so that one log gives one sequence of flags.
"""

import heapq
import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from linewatch.config.operator import Operator
from linewatch.config.policy import Thresholds
from linewatch.models.fraud_types import FRAUD_TYPES, OF_TEXTS, ROLES
from linewatch.models.rules.compiled import signs_of
from linewatch.models.texts.shown import SAID
from linewatch.stream.campaigns.campaigns import FEW_SENDERS
from linewatch.stream.decision.episode import ACTIONS, Episode
from linewatch.stream.decision.flag import Flag, flag_id, standing_key
from linewatch.stream.decision.score import Scorer
from linewatch.stream.decision.warning import WARNED, Types
from linewatch.stream.event_time import DAY_MS
from linewatch.stream.intake.numbers import NumberPlans
from linewatch.stream.order.sighting import campaign_of
from linewatch.stream.profiles.features import FEATURES, F
from linewatch.stream.records.columns import HASHED

SUSPICION = 0.3
"""From this score on a row counts as evidence, though nothing is flagged yet."""
FORGET_SUSPICION_MS = DAY_MS
KINDS_OF_EVIDENCE = {
    "wangiri": "calls",
    "robocall": "calls",
    "sim_box": "calls",
    "vishing": "calls",
    "flash_call": "calls",
    "tdos": "calls",
    "cli_spoofing": "calls",
    "irsf": "costly calls",
    "pbx_hacking": "costly calls",
    "roaming_fraud": "costly calls",
    "subscription_fraud": "costly calls",
    "call_forward_abuse": "forwarded calls",
    "device_cloning": "handsets",
    "sim_swap": "codes",
    "sms_pumping": "codes of a range",
    "smishing": "texts",
    "sms_spam": "texts",
    "grey_route": "texts",
}
ALIKE = tuple(
    tuple(sorted((i for i, name in enumerate(FRAUD_TYPES) if KINDS_OF_EVIDENCE[name] == kind), reverse=kind != "texts"))
    for kind in dict.fromkeys(KINDS_OF_EVIDENCE.values())
)
"""Indices of the fraud types that one kind of evidence may speak for, the more special first: of equals it leads."""
_ALIKE_OF = {index: alike for alike in ALIKE for index in alike}
GENERAL = (FRAUD_TYPES.index("irsf"),)
"""What others of its kind are a special form of: these are flagged beside it as soon as they name the act better."""
EXCUSES = {
    "flash_call": ("wangiri", "robocall", "flash_call"),
    "voice_code": ("wangiri", "robocall", "flash_call"),
    "call_centre": ("wangiri", "robocall", "sim_box", "vishing", "cli_spoofing"),
    "televote": ("robocall", "tdos"),
    "alarm": ("wangiri", "robocall", "sim_box", "tdos"),
    "broadcast": ("wangiri", "robocall", "flash_call", "sms_spam"),
    "a2p": ("smishing", "sms_spam", "grey_route"),
    "conference": ("irsf", "pbx_hacking", "tdos"),
}
"""Fraud types that a registered service looks like and is not."""
WARNED_FROM = 2
"""The level from which on those whom a number reaches are warned: `review`."""
_OF_TEXTS = tuple(map(FRAUD_TYPES.index, OF_TEXTS))


class Look(NamedTuple):
    """One gated row on its way to a decision."""

    entity: int
    number: str
    event_ms: int  # of the number's youngest record so far, be the one at hand older
    record_id: str
    seen: int
    row: NDArray[np.float32]
    scores: list[float]  # by fraud type
    campaign: int = 0  # of a message of a bad campaign, as `sighting.campaign_detail` has it
    shown: int = 0  # of a message what speaks against its text, a code of `models.texts.shown`
    since_ms: int = 0  # the number's first record so far


class Joined(NamedTuple):
    """What a verdict is joined to: the feature row that was flagged, and the action at which the number stood; empty for none."""

    fraud_type: int
    row: bytes
    action: str


def _level_at(edges: Thresholds, score: float) -> int:
    """The action that a score asks for, as a place in `ACTIONS`."""
    return 3 if score >= edges.block else 2 if score >= edges.review else 1 if score >= edges.watch else 0


def _of_text(look: Look) -> list[dict[str, Any]]:
    """The reasons that the message at hand gives: its campaign, and what its text shows."""
    campaign = [_same_text(look.campaign)] if look.campaign else []
    return campaign + ([{"code": "text_shows", "value": 1.0, "threshold": 0.5, "text": SAID[look.shown]}] if look.shown else [])


def _same_text(campaign: int) -> dict[str, Any]:
    """The reason that names a campaign, with no number and no text of it."""
    numbers, hours = campaign_of(campaign)
    lasted = f"{hours:.0f} hours" if hours >= 1.5 else "an hour" if hours >= 0.75 else "less than an hour"
    senders = f"{numbers} numbers" if numbers > 1 else "one number, judged before"
    return {
        "code": "campaign",
        "value": float(numbers),
        "threshold": float(FEW_SENDERS),
        "text": f"same text from {senders} in {lasted}",
    }


class Decider:
    """Episodes of one partition."""

    def __init__(self) -> None:
        self.episodes: dict[tuple[int, int], Episode] = {}
        self.flags: list[Flag] = []
        self._due: list[tuple[int, int, int]] = []
        self._minute = -1
        self._blocks = 0
        self.capped = 0
        self._of: dict[int, int] = {}  # by entity the fraud types that it has episodes of, as bits
        self.dangerous: dict[int, Types] = {}
        """By entity what others are to be warned of when it reaches them."""
        self.turned: list[int] = []
        """Entities of which that has changed."""

    def replace(self, scorer: Scorer, operator: Operator) -> None:
        """Decide from here on by this policy, these models and this operator's lists."""
        self.scorer, self.policy = scorer, scorer.policy
        listed = (*self.policy.never_block, *operator.never_block)
        services = operator.registered
        plans = NumberPlans(operator.country)  # whatever form a list has a number in
        self._signs = [signs_of((rule,), FEATURES) for rule in scorer.rules]
        self._plain = tuple(self.policy.thresholds_for("", name) for name in FRAUD_TYPES)
        self._hysteresis = self.policy.hysteresis_margin
        self._never_block = frozenset(plans.ids(listed).tolist())
        known = dict(zip(plans.ids(tuple(services)).tolist(), services.values(), strict=True))
        self._excused = {entity: EXCUSES[service] for entity, service in known.items()}

    def enforce(self, at_ms: int) -> None:
        """Bring down at once what the lists and the policy that came into force no longer allow."""
        for key in sorted(self.episodes):
            episode = self.episodes[key]
            ceiling = self._ceiling(key[0])
            if episode.level > ceiling:
                episode.level, episode.lower_since_ms = ceiling, None
                row = np.frombuffer(episode.features, np.float32)
                self._emit(key, episode, max(at_ms, episode.last_ms), self._reasons(key[1], row))

    @property
    def next_due_ms(self) -> int:
        """The next moment at which the clock alone may change a state."""
        return self._due[0][0] if self._due else 1 << 62

    def look(self, look: Look) -> None:
        """One gated row: raise, lower or leave each type's state.

        This is what a worker does most often of all that is not compiled: nothing is made or asked for that may not be needed.
        """
        entity, scores = look.entity, look.scores
        held = self._of.get(entity, 0)
        concerned = [index for index, score in enumerate(scores) if score >= SUSPICION or held >> index & 1]
        excused = self._excused.get(entity, ()) if self._excused else ()
        turns = []
        for index in concerned:
            episode = self.episodes[entity, index] if held >> index & 1 else None
            turns.append((index, episode, self._counted(index, episode, look, held, excused)))
        for index, episode, score in turns:
            self._turn(index, episode, score, look)

    def _counted(self, index: int, episode: Episode | None, look: Look, held: int, excused: tuple[str, ...]) -> float:
        """The score, or 0 for a type that is excused or that another one leads."""
        if excused and FRAUD_TYPES[index] in excused:
            return 0.0
        if (episode is None or not episode.level) and not self._leads(index, look, held):
            return 0.0
        return look.scores[index]

    def _turn(self, index: int, episode: Episode | None, score: float, look: Look) -> None:
        """One type's state, by its score."""
        key = (look.entity, index)
        if episode is None:
            if score < SUSPICION:
                return
            episode = self._open(key, look)
        episode.score = score
        if score >= SUSPICION:
            if episode.record_count:
                episode.record_count += max(1, look.seen - episode.seen)
            else:
                self._begin(episode, look, self.scorer.rules[index].support)
            episode.speaks(look.event_ms, look.record_id)
        episode.seen = look.seen
        edges = self._thresholds(key, episode.number) if self.policy.segments else self._plain[index]
        if _level_at(edges, score) == episode.level:
            episode.lower_since_ms = None
        else:
            self._move(key, episode, look, edges, score)

    def _open(self, key: tuple[int, int], look: Look) -> Episode:
        episode = Episode(look.number, look.event_ms, look.event_ms, look.event_ms, seen=look.seen)
        self.episodes[key] = episode
        self._of[key[0]] = self._of.get(key[0], 0) | 1 << key[1]
        heapq.heappush(self._due, (look.event_ms + FORGET_SUSPICION_MS, *key))
        return episode

    def _begin(self, episode: Episode, look: Look, support: str) -> None:
        """What speaks for it came before anybody looked: so many records as the row has by its half-life, from the number's first
        one on or, of a number that is older, over the mean life of what is counted.
        """
        half_life_s = self.policy.half_lives_s[1 if support.endswith("_per_h") else 2]
        mean_life_s = half_life_s / math.log(2)
        episode.record_count = max(1, round(float(look.row[F[support]]) * mean_life_s / 3600))
        if episode.record_count > 1:
            episode.first_ms = min(episode.first_ms, max(look.since_ms, look.event_ms - round(1000 * mean_life_s)))

    def _leads(self, index: int, look: Look, held: int) -> bool:
        """Whether a type scores highest of its kind of evidence, or is flagged already; see `second_type_margin`."""
        alike = _ALIKE_OF[index]
        if len(alike) == 1:
            return True
        entity, scores = look.entity, look.scores
        leader = max(alike, key=scores.__getitem__)
        for other in alike:
            if held >> other & 1 and other not in GENERAL and self.episodes[entity, other].level:
                if scores[leader] < scores[other] + self.policy.second_type_margin:
                    leader = other
        return leader == index

    def _level(self, key: tuple[int, int], edges: Thresholds, score: float) -> int:
        level = _level_at(edges, score)
        return min(level, self._ceiling(key[0])) if level > 1 else level

    def _thresholds(self, key: tuple[int, int], number: str) -> Thresholds:
        """By the number's international form, whatever form the record had."""
        return self.policy.thresholds_for(f"+{key[0]}" if key[0] < HASHED else number, FRAUD_TYPES[key[1]])

    def _ceiling(self, entity: int) -> int:
        if self.policy.report_only:
            return 1
        return 2 if entity in self._never_block else 3

    def _move(self, key: tuple[int, int], episode: Episode, look: Look, edges: Thresholds, score: float) -> None:
        """The score asks for another level than the one that stands, unless the ceiling is lower."""
        level = self._level(key, edges, score)
        if level > episode.level:
            if self._is_silent(episode, look.event_ms):
                return
            self._raise(key, episode, look, level)
        elif episode.level and level < episode.level and self._level(key, edges, score + self._hysteresis) < episode.level:
            self._lower(key, episode, look, level)
        else:
            episode.lower_since_ms = None

    def _is_silent(self, episode: Episode, event_ms: int) -> bool:
        return event_ms < episode.silent_until_ms and episode.record_count < 2 * episode.silent_count

    def _raise(self, key: tuple[int, int], episode: Episode, look: Look, level: int) -> None:
        if level == 3:
            level = self._blocks_left()
            if level <= episode.level:
                return
        episode.level, episode.lower_since_ms = level, None
        episode.features = look.row.tobytes()
        reasons = self._reasons(key[1], look.row)
        if FRAUD_TYPES[key[1]] in OF_TEXTS:
            reasons[:0] = _of_text(look)
        self._emit(key, episode, look.event_ms, reasons)

    def _blocks_left(self) -> int:
        """3 while the cap of this minute of the log's clock allows a block, else 2."""
        self._blocks += 1
        if self._blocks > self.policy.caps.blocks_per_minute:
            self.capped += 1
            return 2
        return 3

    def _lower(self, key: tuple[int, int], episode: Episode, look: Look, level: int) -> None:
        if episode.lower_since_ms is None:
            episode.lower_since_ms = look.event_ms
        since_s = (look.event_ms - episode.lower_since_ms) / 1000
        if level == 0:
            if since_s >= self.policy.retract_after_s:
                self._clear(key, episode, look.event_ms, "retracted", "later records speak against it")
            return
        if since_s >= self.policy.lower_after_s:
            episode.level, episode.lower_since_ms = level, None
            self._emit(key, episode, look.event_ms, self._reasons(key[1], look.row))

    def _reasons(self, index: int, row: NDArray[np.float32]) -> list[dict[str, Any]]:
        rule, signs = self.scorer.rules[index], self._signs[index]
        values = row[signs.column].astype(np.float64)
        distance = np.clip((values - signs.threshold) / signs.scale, -30.0, 30.0)
        named = {sign.feature: value for sign, value in zip(rule.signs, values.tolist(), strict=True)}
        return rule.reasons(1.0 / (1.0 + np.exp(-distance)), named)

    def _emit(self, key: tuple[int, int], episode: Episode, flagged_ms: int, reasons: list[dict[str, Any]]) -> None:
        episode.step += 1
        action = ACTIONS[episode.level] or "clear"
        fraud_type = FRAUD_TYPES[key[1]]
        policy, model = self.policy.identity, self.scorer.model_version
        self.flags.append(
            Flag(
                flag_id=flag_id(episode.number, fraud_type, episode.episode_ms, episode.step, action, policy, model),
                number=episode.number,
                fraud_type=fraud_type,
                role=ROLES[fraud_type],
                action=action,
                score=episode.score,
                episode_ms=episode.episode_ms,
                step=episode.step,
                flagged_ms=flagged_ms,
                first_ms=episode.first_ms,
                last_ms=episode.last_ms,
                record_count=episode.record_count,
                reasons=reasons,
                evidence=list(episode.evidence),
                policy_version=policy,
                model_version=model,
            )
        )
        if key[1] in WARNED:
            self._endanger(key[0])
        if episode.level:
            heapq.heappush(self._due, (episode.last_ms + self._fade_ms(), *key))

    def _endanger(self, entity: int) -> None:
        levels = ((index, self.episodes.get((entity, index))) for index in WARNED)
        types = tuple(index for index, episode in levels if episode is not None and episode.level >= WARNED_FROM)
        if types != self.dangerous.get(entity, ()):
            self.turned.append(entity)
            self.dangerous.pop(entity, None)
            if types:
                self.dangerous[entity] = types

    def _fade_ms(self) -> int:
        return round(self.policy.fade_days * DAY_MS)

    def _clear(self, key: tuple[int, int], episode: Episode, at_ms: int, code: str, text: str) -> None:
        """Withdraw the flag; the episode ends, unless a silence is to be kept."""
        thresholds = self._thresholds(key, episode.number)
        episode.level = 0
        reason = {"code": code, "value": episode.score, "threshold": thresholds.watch, "text": text}
        self._emit(key, episode, at_ms, [reason])
        if code != "verdict":
            self._drop(key)

    def _drop(self, key: tuple[int, int]) -> None:
        if self.episodes.pop(key, None) is not None:
            left = self._of[key[0]] & ~(1 << key[1])
            if left:
                self._of[key[0]] = left
            else:
                del self._of[key[0]]

    def tick(self, now_ms: int) -> None:
        """The log's clock has come so far: fade what has had no record for long, forget mere suspicion."""
        if now_ms // 60_000 > self._minute:
            self._minute, self._blocks = now_ms // 60_000, 0
        while self._due and self._due[0][0] <= now_ms:
            due_ms, entity, index = heapq.heappop(self._due)
            key = (entity, index)
            episode = self.episodes.get(key)
            if episode is None:
                continue
            if episode.level:
                due = episode.last_ms + self._fade_ms()
                if due > due_ms:
                    heapq.heappush(self._due, (due, *key))
                else:
                    self._clear(key, episode, due_ms, "faded", "no record has spoken for it for long")
            else:
                due = max(episode.last_ms + FORGET_SUSPICION_MS, episode.silent_until_ms)
                if due > due_ms:
                    heapq.heappush(self._due, (due, *key))
                else:
                    self._drop(key)

    def judge(self, entity: int, fraud_type: int, legitimate: bool, weight: float, at_ms: int) -> list[Joined]:
        """A verdict of some time: withdraw and silence where a trusted source says legitimate.

        Returns the fraud types it concerns, each with the feature row that was flagged, for the learner. A number that is flagged
        for texts that nobody here can read may be called by its name by whoever reads them: that says nothing of any row.
        """
        joined: list[Joined] = []
        for index in range(len(FRAUD_TYPES)):
            if fraud_type not in (index, 255):
                continue
            key = (entity, index)
            episode = self.episodes.get(key)
            if episode is None:
                continue
            if episode.features:
                joined.append(Joined(index, episode.features, ACTIONS[episode.level]))
            if legitimate and weight >= self.policy.trusted_weight:
                episode.silent_until_ms = at_ms + round(self.policy.silence_days * DAY_MS)
                episode.silent_count = max(1, episode.record_count)
                if episode.level:
                    self._clear(key, episode, at_ms, "verdict", "a trusted source says legitimate")
                    heapq.heappush(self._due, (episode.silent_until_ms, *key))
        if not joined and not legitimate and fraud_type in _OF_TEXTS and self._was_flagged(entity, _ALIKE_OF[fraud_type]):
            joined.append(Joined(fraud_type, b"", ""))
        return joined

    def _was_flagged(self, entity: int, fraud_types: Iterable[int]) -> bool:
        episodes = (self.episodes.get((entity, index)) for index in fraud_types)
        return any(episode is not None and episode.features for episode in episodes)

    def recycle(self, entity: int, at_ms: int) -> None:
        """The number has a new owner, whom nothing speaks against: withdraw what stands."""
        for index in range(len(FRAUD_TYPES)):
            episode = self.episodes.get((entity, index))
            if episode is not None and episode.level:
                self._clear((entity, index), episode, at_ms, "retracted", "the number has a new owner")
        self.forget(entity)

    def holds(self, entity: int) -> bool:
        """Whether anything is held of a number."""
        return entity in self._of

    def suspected(self) -> NDArray[np.uint64]:
        """The entities that anything is held of."""
        return np.fromiter(self._of, np.uint64, len(self._of))

    def standing(self) -> NDArray[np.uint64]:
        """The entities with a flag that was not withdrawn."""
        return np.array(sorted({entity for (entity, _), episode in self.episodes.items() if episode.level}), np.uint64)

    def forget(self, entity: int) -> list[bytes]:
        """Remove all that is held of a number, with no flag about it; the keys under which flags of it stand."""
        episodes = [(index, self.episodes.get((entity, index))) for index in range(len(FRAUD_TYPES))]
        told = [standing_key(one.number, FRAUD_TYPES[index]) for index, one in episodes if one is not None and one.step >= 0]
        for index in range(len(FRAUD_TYPES)):
            self._drop((entity, index))
        self._endanger(entity)
        return told

    def take_flags(self) -> list[Flag]:
        """The flags since the last call, in order."""
        flags, self.flags = self.flags, []
        return flags

    def state(self) -> dict[str, Any]:
        """All of it, as plain data."""
        return {
            "episodes": [[*key, msgspec.to_builtins(episode)] for key, episode in self.episodes.items()],
            "due": self._due,
            "minute": [self._minute, self._blocks, self.capped],
        }

    def load(self, state: dict[str, Any]) -> None:
        """The inverse of `state`."""
        self.episodes = {(e, i): msgspec.convert(plain, Episode) for e, i, plain in state["episodes"]}
        self._due = [(d, e, i) for d, e, i in state["due"]]
        heapq.heapify(self._due)
        self._minute, self._blocks, self.capped = state["minute"]
        self._of = {}
        for entity, index in self.episodes:
            self._of[entity] = self._of.get(entity, 0) | 1 << index
        self.dangerous = {}
        for entity in self._of:
            self._endanger(entity)
        self.turned = []
