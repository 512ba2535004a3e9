"""The measure of what a shadow costs compares like with like."""

from pathlib import Path

from linewatch.config.operator import load_operator
from linewatch.models.pretrained.number import NumberModel
from linewatch.models.pretrained.text import TextModel
from linewatch.stream.profiles.features import FEATURES
from linewatch.stream.records.files import blocks
from linewatch.stream.replay import BATCH
from linewatch.training.bench.shadow import side_by_side


def test_both_sides_flag_the_same_and_one_has_a_shadow(simulated: Path, text_model: TextModel) -> None:
    source = list(blocks([simulated / "records.jsonl.gz"], BATCH))
    alone, both = side_by_side(source, load_operator(simulated / "operator.toml"), text_model, NumberModel.load(FEATURES))
    assert alone.flags["live"] == both.flags["live"] > 50
    assert (alone.flags["shadow"], both.flags["shadow"] > 50) == (0, True)
    assert 0 < both.stages["shadow"] < both.cpu_s
    assert "shadow" not in alone.stages
