"""The topics of the learner's agent, in memory."""

import asyncio
from types import SimpleNamespace
from typing import Any, Final

from faust.types import TP

from linewatch.config.operator import operator_from_toml
from linewatch.config.worker import WorkerConfig
from linewatch.models.pretrained.number import NumberModel
from linewatch.stream.metrics import Metrics
from linewatch.stream.order.frame import decode
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.shell.count import Sizes
from linewatch.stream.shell.learner_agent import LearnerAgent
from linewatch.stream.shell.outbox import Message
from linewatch.stream.shell.policy_changes import Change, change_of
from linewatch.stream.shell.topics import Names

NAMES: Final = Names("linewatch.")


class Topics:
    """What a learner's agent reads and writes; sends fail from the `dies`-th message on, and `is_owner` is what the group says."""

    def __init__(self, dies: int = 1 << 30) -> None:
        self.sent: list[Message] = []
        self.dies = dies
        self.is_owner = True
        self.pause = asyncio.Event()
        self.pause.set()

    async def send(self, messages: list[Message]) -> list[int]:
        """All or nothing."""
        if len(self.sent) + len(messages) > self.dies:
            raise RuntimeError("killed")
        self.sent += messages
        return [0] * len(messages)

    async def read_all(self, config: Any, topic: str, partition: int) -> Any:
        """What stands, as long as nobody pauses it."""
        await self.pause.wait()
        for message in list(self.sent):
            if message.topic == topic:
                yield SimpleNamespace(key=message.key, value=message.value, headers=())

    async def owns(self, tp: TP) -> bool:
        """What the group says."""
        return self.is_owner

    def agent(self) -> LearnerAgent:
        """One more owner, to whom nothing was given yet."""
        context = SimpleNamespace(
            config=WorkerConfig(),
            names=NAMES,
            sizes=Sizes(0, 8, 8, 32, 8),
            outbox=self,
            operator=operator_from_toml(""),
            number_model=NumberModel.load(FEATURES),
            metrics=Metrics(),
            consumer=SimpleNamespace(finished={}, owns=self.owns),
        )
        return LearnerAgent(context)  # type: ignore[arg-type]  # it has what the agent asks for

    def policies(self) -> list[tuple[str, int, bytes]]:
        """Kind, version and text of the control records about policies in partition 0 of the log."""
        controls = [decode(m.value or b"").control for m in self.sent if m.topic == NAMES.sightings and m.partition == 0]
        return [(c.kind, c.version, c.payload) for c in controls if c is not None and c.kind in {"policy", "shadow"}]

    def lines(self) -> list[Change]:
        """The history of policies."""
        return [change_of(m.value or b"") for m in self.sent if m.topic == NAMES.policy]
