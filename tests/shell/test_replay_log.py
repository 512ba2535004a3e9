"""A log gives its flags again by what it was scored with, or it is said what is missing."""

import pytest

from linewatch.config.policy import shipped_policy
from linewatch.models.pretrained.number import NumberModel
from linewatch.stream.order.frame import control_frame
from linewatch.stream.order.settings import OrderSettings
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.shell.replay_log import Logged

SHIPPED = NumberModel.load(FEATURES)


@pytest.mark.parametrize(
    ("named", "missing"), [("", set()), (SHIPPED.version, set()), ("number-00000000", {"number-00000000"})], ids=str
)
def test_a_model_that_nobody_has_any_more_is_named(named: str, missing: set[str]) -> None:
    order = OrderSettings("live", number_model=named).payload()
    controls = {"policy": shipped_policy().source.encode(), "operator": b"", "order": order, "models": b""}
    found = set[str]()
    partition = Logged(0, 1, SHIPPED, found)
    partition.apply([(offset, control_frame(kind, 1, payload), 1) for offset, (kind, payload) in enumerate(controls.items())])
    assert partition.ready
    assert found == missing
    assert partition.live.decider.scorer.model_version.startswith(SHIPPED.version)
