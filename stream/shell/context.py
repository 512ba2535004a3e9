"""What the agents of one worker share."""

import asyncio
import time
from typing import Any

import faust

from linewatch.config.operator import load_operator
from linewatch.config.worker import WorkerConfig
from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.intake.intake import Intake
from linewatch.stream.metrics import Metrics
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.shell.count import Sizes
from linewatch.stream.shell.health import Progress
from linewatch.stream.shell.outbox import Outbox
from linewatch.stream.shell.topics import Names
from linewatch.stream.shell.tracing import Tracer


class Context:
    """Configuration, models, and the ways in and out."""

    def __init__(self, config: WorkerConfig, app: faust.App, metrics: Metrics, progress: Progress, sizes: Sizes) -> None:
        self.config = config
        self.sizes = sizes
        self.app = app
        self.metrics = metrics
        self.progress = progress
        self.names = Names(config.topics.prefix)
        self.outbox = Outbox(app, {self.names.sightings, self.names.state})
        self.topic_ids: dict[str, str] = {}
        self.operator = load_operator_file(config)
        self.text_model = TextModel.load()
        self.number_model = NumberModel.load(FEATURES, candidates=config.models.candidates)
        self.intake = Intake(self.operator, config.topics.partitions, self.text_model, config.order.feedback)
        self.tracer = Tracer(config.tracing) if config.tracing.endpoint else None
        self._stage_began = 0.0
        self.sure = asyncio.Event()
        """Whether the count of the log's partitions is known to be what it was at the start: nothing is read before."""

    @property
    def consumer(self) -> Any:
        """The app's consumer, of `transport.Consumer`."""
        return self.app.consumer

    def stage(self, name: str) -> None:
        """The stage that went on until now has this name; what follows belongs to the next."""
        now = time.perf_counter()
        if name:
            self.metrics.stage.labels(name).observe(now - self._stage_began)
        self._stage_began = now


def load_operator_file(config: WorkerConfig) -> Any:
    """The operator that the configuration names, or the empty one."""
    from pathlib import Path

    return load_operator(Path(config.operator.file) if config.operator.file else None)
