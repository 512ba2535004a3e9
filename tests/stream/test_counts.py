"""What is counted of a number is what its records say, duplicates and legs seen to."""

from pathlib import Path

from kafka_deployment import acts_of
from linewatch.config.operator import load_operator
from linewatch.config.policy import shipped_policy
from linewatch.stream.records.files import Line
from linewatch.stream.replay import Replay
from linewatch.training.bench.counted import acts_in
from linewatch.training.simulate.build import Simulation


def test_every_number_acted_as_often_as_its_records_say(simulation: Simulation, simulated: Path) -> None:
    operator = load_operator(simulated / "operator.toml")
    replay = Replay(shipped_policy(), operator, None, None, lambda output, dead: None, feedback=False)
    summary = replay.run(Line("", number, raw) for number, raw in enumerate(simulation.records, 1))
    assert summary.duplicates > 100
    acts = acts_in(simulation.records, operator.country)
    assert sum(acts.values()) < len(simulation.records) * 0.85, "many calls have two legs"
    assert acts_of(replay.partition) == acts
