"""The policy: what an operator tunes, read from TOML, validated whole, identified by its label and content."""

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final

import msgspec

from linewatch.config.errors import InvalidSetting
from linewatch.config.known import known
from linewatch.config.listed import check_listed
from linewatch.config.reader import from_toml, read_text

Share = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
Positive = Annotated[float, msgspec.Meta(gt=0.0, le=1e9)]
Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
Prefix = Annotated[str, msgspec.Meta(pattern=r"^\+[0-9]{1,14}$")]
FRAUD_TYPES = (
    *("wangiri", "irsf", "sim_box", "robocall", "smishing", "sms_spam", "grey_route", "pbx_hacking", "vishing", "cli_spoofing"),
    *("tdos", "flash_call", "call_forward_abuse", "roaming_fraud", "device_cloning", "subscription_fraud", "sim_swap"),
    "sms_pumping",
)
MOST_TEXTS_H: Final = 72.0


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    pass


class Thresholds(_Strict, frozen=True):
    """Scores from which a number is watched, reviewed, blocked; strictly rising, over 0, at most 1."""

    watch: Share = 0.5
    review: Share = 0.75
    block: Share = 0.97


class Segment(_Strict, frozen=True):
    """Other thresholds for numbers that begin with `prefix`; the longest prefix wins."""

    prefix: Prefix
    thresholds: dict[str, Thresholds]


class Caps(_Strict, frozen=True):
    """Limits of one partition."""

    blocks_per_minute: Count = 60
    rows: Count = 4_000_000
    held: Count = 4_000_000


class Gate(_Strict, frozen=True):
    """What a number must have done of late to be worth a look, in decayed counts of the medium half-life."""

    min_attempts: Positive = 4.0
    min_messages: Positive = 3.0


class VerdictSource(_Strict, frozen=True):
    """How much a source of verdicts counts, and how many of its verdicts a day of event time and partition."""

    weight: Share
    cap_per_day: Count = 500


class Guard(_Strict, frozen=True):
    """How many more numbers than the policy in force a pushed one may have blocked, unless it is forced."""

    blocks_ratio: Annotated[float, msgspec.Meta(ge=1.0, le=1e6)] = 2.0
    blocks_at_least: Count = 20


class Loss(_Strict, frozen=True):
    """What a fraud type costs, in any one unit of money; `records_a_day` is the most that one number is taken to go on with."""

    per_record: Positive = 1.0
    wrong_block: Positive = 20.0
    records_a_day: Positive = 1000.0


class LearnerSettings(_Strict, frozen=True):
    """What the learner does; `sample_ratio` of scored rows become examples of the ordinary."""

    snapshot_s: Positive = 3600.0
    verdicts_per_snapshot: Count = 50
    sample_ratio: Share = 0.05
    max_adjust_logit: Annotated[float, msgspec.Meta(ge=0.0, le=4.0)] = 2.0
    drift_delta: Annotated[float, msgspec.Meta(gt=0.0, lt=1.0)] = 0.002


class Retention(_Strict, frozen=True):
    """How long what texts say is remembered, beside the topics' own retention: hashed features, links and numbers named."""

    texts_h: Annotated[float, msgspec.Meta(ge=1.0, le=MOST_TEXTS_H)] = MOST_TEXTS_H


@known
class Policy(_Strict, frozen=True):
    """All that decides, besides models; the keys are explained in the shipped `policy.toml`."""

    version: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    report_only: bool = False
    half_lives_s: tuple[Positive, Positive, Positive] = (900.0, 14400.0, 259200.0)
    thresholds: dict[str, Thresholds] = {}
    segments: tuple[Segment, ...] = ()
    hysteresis_margin: Share = 0.1
    lower_after_s: Positive = 3600.0
    retract_after_s: Positive = 86400.0
    second_type_margin: Share = 0.1
    fade_days: Positive = 30.0
    silence_days: Positive = 30.0
    expire_days: Positive = 30.0
    trusted_weight: Share = 0.5
    number_model: Annotated[str, msgspec.Meta(max_length=40)] = ""
    model_weight: Annotated[float, msgspec.Meta(ge=0.0, le=2.0)] = 0.5
    never_block: tuple[str, ...] = ()
    hot_destinations: tuple[Prefix, ...] = ()
    caps: Caps = Caps()
    gate: Gate = Gate()
    detectors: dict[str, dict[str, Positive]] = {}
    verdict_sources: dict[str, VerdictSource] = {}
    learner: LearnerSettings = LearnerSettings()
    guard: Guard = Guard()
    retention: Retention = Retention()
    losses: dict[str, Loss] = {}

    @cached_property
    def source(self) -> str:
        """The TOML text that it was read from."""
        return ""

    @cached_property
    def identity(self) -> str:
        """The `policy_version` of flags: the label, and 8 digits of the content's sha256."""
        return f"{self.version}-{hashlib.sha256(self.source.encode()).hexdigest()[:8]}"

    def thresholds_for(self, number: str, fraud_type: str) -> Thresholds:
        """The thresholds in force for a number as it came and a type."""
        best = self.thresholds.get(fraud_type, Thresholds())
        longest = 0
        for segment in self.segments:
            if number.startswith(segment.prefix) and len(segment.prefix) > longest and fraud_type in segment.thresholds:
                best, longest = segment.thresholds[fraud_type], len(segment.prefix)
        return best


def policy_from_toml(text: str) -> Policy:
    """The policy that a text describes, be it one that stands in a log; raises InvalidSetting with key, value and range."""
    policy = from_toml(text, Policy, "policy")
    _check(policy)
    policy.__dict__["source"] = text
    return policy


def _check(policy: Policy) -> None:
    for fraud_type, thresholds in policy.thresholds.items():
        _check_thresholds(f"thresholds.{fraud_type}", fraud_type, thresholds)
    for index, segment in enumerate(policy.segments):
        for fraud_type, thresholds in segment.thresholds.items():
            _check_thresholds(f"segments[{index}].thresholds.{fraud_type}", fraud_type, thresholds)
    for fraud_type in policy.detectors:
        _check_type(f"detectors.{fraud_type}", fraud_type)
    for fraud_type in policy.losses:
        _check_type(f"losses.{fraud_type}", fraud_type)
    if not policy.half_lives_s[0] < policy.half_lives_s[1] < policy.half_lives_s[2]:
        raise InvalidSetting("half_lives_s", list(policy.half_lives_s), "three that rise: fast, medium, slow")


def _check_type(key: str, fraud_type: str) -> None:
    if fraud_type not in FRAUD_TYPES:
        raise InvalidSetting(key, fraud_type, f"one of {', '.join(FRAUD_TYPES)}")


def _check_thresholds(key: str, fraud_type: str, thresholds: Thresholds) -> None:
    _check_type(key, fraud_type)
    if not 0 < thresholds.watch < thresholds.review < thresholds.block:
        values = [thresholds.watch, thresholds.review, thresholds.block]
        raise InvalidSetting(key, values, "0 < watch < review < block <= 1")


def load_policy(path: Path) -> Policy:
    """The policy of a file; raises InvalidSetting for values, too, of which each is allowed and that together make no sense."""
    policy = policy_from_toml(read_text(path, "policy"))
    _check_together(policy)
    return policy


def _check_together(policy: Policy) -> None:
    edges = [policy.thresholds.get(fraud_type, Thresholds()) for fraud_type in FRAUD_TYPES]
    edges += [thresholds for segment in policy.segments for thresholds in segment.thresholds.values()]
    lowest = min(thresholds.watch for thresholds in edges)
    if policy.hysteresis_margin >= lowest:
        allowed = f"less than the lowest watch threshold, {lowest:g}, or no score is low enough to withdraw such a flag"
        raise InvalidSetting("hysteresis_margin", policy.hysteresis_margin, allowed)
    if policy.trusted_weight == 0:
        raise InvalidSetting("trusted_weight", policy.trusted_weight, "over 0, or a source of no weight could withdraw flags")
    if policy.lower_after_s > policy.retract_after_s:
        raise InvalidSetting("lower_after_s", policy.lower_after_s, f"at most retract_after_s, {policy.retract_after_s:g}")
    if policy.expire_days < policy.fade_days:
        allowed = f"at least fade_days, {policy.fade_days:g}, or a number is forgotten while its flag stands"
        raise InvalidSetting("expire_days", policy.expire_days, allowed)
    for index, text in enumerate(policy.never_block):
        check_listed(f"never_block[{index}]", text, None, any_country=True)


def shipped_policy() -> Policy:
    """The policy that comes with the package."""
    return load_policy(Path(__file__).parent / "policy.toml")
