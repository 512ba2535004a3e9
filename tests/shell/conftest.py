"""What tests of the shell have in common."""

import pytest

from learner_topics import Topics
from linewatch.stream.shell import learner_agent


@pytest.fixture
def topics(monkeypatch: pytest.MonkeyPatch) -> Topics:
    """The learner's, empty."""
    made = Topics()
    monkeypatch.setattr(learner_agent, "read_all", lambda *arguments: made.read_all(*arguments))
    return made
