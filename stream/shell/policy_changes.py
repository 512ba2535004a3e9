"""The topic of policies: every one that came into force or into the shadow, with who, when, what and why.

It is the truth about policies. One writer, the learner's agent, adds a line before it acts; what a worker that died in
between left undone, the next one does. A request is known by its id, and done once.
"""

from collections.abc import Callable, Iterable
from typing import Final, Literal

import msgspec

from linewatch.config.errors import DoesNotHold, LinewatchError, UnusableInput
from linewatch.config.folding import folded_apart
from linewatch.config.policy import Policy, policy_from_toml

Act = Literal["first", "push", "rollback", "promote", "shadow", "shadow_off", "refused"]
KIND_OF: Final[dict[str, str]] = {
    "first": "policy",
    "push": "policy",
    "rollback": "policy",
    "promote": "policy",
    "shadow": "shadow",
    "shadow_off": "shadow",
}
"""By act the kind of control record that it changes; a refusal changes none."""


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a command asks the learner's agent for.

    `of` is for a rollback the version that comes back, for a promotion the version of the shadow that was meant.
    """

    request_id: str
    act: Act
    by: str
    why: str = ""
    text: str = ""
    of: int | None = None
    forced: bool = False
    checked: str = ""  # what the guard rail found


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the topic. `version` counts policies in force, or shadows, by the act; times in ms of the wall clock."""

    request_id: str
    act: Act
    version: int
    policy_version: str
    by: str
    at_ms: int
    why: str = ""
    text: str = ""
    of: int | None = None
    forced: bool = False
    checked: str = ""
    refusal: str = ""

    def encode(self) -> bytes:
        """As it stands in the topic."""
        return msgspec.json.encode(self)


_CHANGE: Final = msgspec.json.Decoder(Change)
_REQUEST: Final = msgspec.json.Decoder(Request)


def change_of(value: bytes) -> Change:
    """A line of the topic; what cannot be read is refused by name."""
    try:
        return _CHANGE.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        reason = "the topic of policies has a line that this version cannot read"
        raise UnusableInput(f"{reason}: {error}; run the one that wrote it") from None


def request_of(value: bytes) -> Request:
    """A request of a command; raises `msgspec.MsgspecError` where it is none."""
    return _REQUEST.decode(value)


class History:
    """What the topic says: the policy and the shadow in force, and which requests were answered."""

    def __init__(self, changes: Iterable[Change] = ()) -> None:
        self.changes: list[Change] = []
        self._answered: set[str] = set()
        for change in changes:
            self.add(change)

    def add(self, change: Change) -> None:
        """One more line."""
        self.changes.append(change)
        self._answered.add(change.request_id)

    def answered(self, request: Request) -> bool:
        """Whether a request was done or refused already."""
        return request.request_id in self._answered

    def last(self, kind: str) -> Change | None:
        """The last change of `policy` or `shadow`."""
        return next((change for change in reversed(self.changes) if KIND_OF.get(change.act) == kind), None)

    def version(self, number: int) -> Change | None:
        """The policy that was put in force as this version."""
        return next((one for one in self.changes if KIND_OF.get(one.act) == "policy" and one.version == number), None)

    def shadow(self) -> Change | None:
        """The candidate that decides beside the policy in force, None where there is none."""
        last = self.last("shadow")
        return last if last is not None and last.text else None


def changes_for(
    request: Request, history: History, held: dict[str, int], now_ms: int, check: Callable[[Policy], object] = lambda policy: None
) -> list[Change]:
    """The lines that answer a request, in their order; `held` by kind the version that stands.

    A policy that does not validate, that `check` raises for or that cannot be shadowed gives one line that says why, and changes
    nothing. A shadow goes
    when it was promoted, and when rows are folded otherwise under the new policy.
    """
    try:
        return _accepted(request, history, held, now_ms, check)
    except LinewatchError as error:
        return [_line(request, request.act, 0, request.text, now_ms, str(error))]


def _accepted(
    request: Request, history: History, held: dict[str, int], now_ms: int, check: Callable[[Policy], object]
) -> list[Change]:
    shadow = history.shadow()
    text = request.text
    if request.act == "promote":
        if shadow is None or shadow.version != request.of:
            raise DoesNotHold(
                "the shadow that was to be promoted is not the one that decides now; look at `linewatch policy history`"
            )
        text = shadow.text
    if request.act in {"promote", "shadow_off"} and shadow is None:
        raise DoesNotHold("no policy decides in the shadow; `linewatch policy shadow FILE` begins with one")
    kind = KIND_OF.get(request.act)
    if kind is None or request.act == "first":
        raise DoesNotHold(f"{request.act} is nothing that can be asked for")
    policy = policy_from_toml(text) if request.act != "shadow_off" else None
    if policy is not None:
        check(policy)
    if request.act == "shadow" and policy is not None:
        in_force = history.last("policy")
        if in_force is not None:
            check_shadow(policy_from_toml(in_force.text), policy)
    lines = [_line(request, request.act, held.get(kind, 0) + 1, text, now_ms)]
    if kind == "policy" and shadow is not None and policy is not None:
        candidate = policy_from_toml(shadow.text)
        apart = folded_apart(policy, candidate)
        if request.act == "promote" or apart:
            why = "promoted" if request.act == "promote" else f"the policy in force now differs in {', '.join(apart)}"
            ended = _line(request, "shadow_off", held.get("shadow", 0) + 1, "", now_ms)
            lines.append(msgspec.structs.replace(ended, why=why, of=None, checked="", forced=False))
    return lines


def check_shadow(in_force: Policy, candidate: Policy) -> None:
    """Raises where a candidate cannot decide on the rows of the policy in force."""
    apart = folded_apart(in_force, candidate)
    if apart:
        raise DoesNotHold(
            f"a shadow decides on the rows of the policy in force, and this one differs in {', '.join(apart)}: "
            "compare the two with `linewatch backtest`"
        )


def _line(request: Request, act: Act, version: int, text: str, now_ms: int, refusal: str = "") -> Change:
    identity = ""
    if text and not refusal:
        identity = policy_from_toml(text).identity
    return Change(
        request.request_id,
        "refused" if refusal else act,
        version,
        identity,
        request.by,
        now_ms,
        request.why,
        text,
        request.of,
        request.forced,
        request.checked,
        f"{act}: {refusal}" if refusal else "",
    )
