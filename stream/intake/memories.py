"""What feedback has intake remember of the records that went by, and of what verdicts said of their senders.

A worker keeps a copy of it (`shell/memory_file.py`), so that a restart forgets nothing that is older than the copy.
"""

from typing import Any, Final

import msgspec
import numpy as np

from linewatch.models.fraud_types import OF_TEXTS
from linewatch.models.online.snapshot import Judged, Snapshot
from linewatch.models.pretrained.text import TextModel
from linewatch.models.texts.batch import drawn
from linewatch.stream.campaigns.campaigns import Campaigns, Heard
from linewatch.stream.intake.handsets import Handsets
from linewatch.stream.intake.reputation import Reputation
from linewatch.stream.lessons.lessons import Lessons

LAYOUT: Final = 1
"""Raised by whoever changes what `Memories.state` has."""
MOST_HEARD: Final = 8000
"""Verdicts and blocks that are remembered as heard, more than a snapshot has: each partition of the log brings the same."""


class Memories:
    """A function of records and snapshots in their order."""

    def __init__(self, text_model: TextModel | None) -> None:
        self.seed = drawn()
        """By which templates are named."""
        self.campaigns = Campaigns()
        self.lessons = Lessons(text_model.model) if isinstance(text_model, TextModel) else None
        self.handsets = Handsets()
        self.reputation = Reputation()
        self._text_model = text_model.version if isinstance(text_model, TextModel) else ""
        self._heard: dict[Judged, None] = {}

    def hear(self, snapshot: Snapshot) -> None:
        """What the learner's latest snapshot has of trusted verdicts."""
        fresh = [one for one in snapshot.judged if one not in self._heard]
        self._heard |= dict.fromkeys(fresh)
        if len(self._heard) > MOST_HEARD:
            self._heard = dict.fromkeys(snapshot.judged)
        self.reputation.hear(fresh, snapshot.from_ms)
        on_texts = [one for one in fresh if one.is_verdict and one.fraud_type in OF_TEXTS]
        self.campaigns.keep(snapshot.texts_h)
        self.campaigns.hear(Heard(one.entity, one.fraud_type, one.fraud) for one in on_texts)
        if self.lessons is not None:
            self.lessons.keep(snapshot.texts_h)
            self.lessons.hear(on_texts, snapshot.most_logit)

    def state(self) -> dict[str, Any]:
        """All of it, as plain data that later records do not change."""
        return {
            "layout": LAYOUT,
            "text_model": self._text_model,
            "seed": self.seed.tobytes(),
            "heard": list(self._heard),
            "campaigns": self.campaigns.state(),
            "lessons": self.lessons.state() if self.lessons is not None else None,
            "handsets": self.handsets.state(),
            "reputation": self.reputation.state(),
        }

    def load(self, state: dict[str, Any]) -> None:
        """The inverse of `state`, once, of memories that are new; what was learned of texts counts for the same text model alone.

        Raises ValueError for another layout. Where anything is raised these are memories of nothing certain.
        """
        if state["layout"] != LAYOUT:
            raise ValueError(f"its layout is {state['layout']}, and not {LAYOUT}")
        self.seed = np.frombuffer(state["seed"], np.uint64).copy()
        self._heard = dict.fromkeys(msgspec.convert(state["heard"], list[Judged]))
        self.campaigns.load(state["campaigns"])
        if self.lessons is not None and state["text_model"] == self._text_model:
            self.lessons.load(state["lessons"])
        self.handsets.load(state["handsets"])
        self.reputation.load(state["reputation"])
