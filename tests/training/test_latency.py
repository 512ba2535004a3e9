"""What `python -m linewatch.training.bench.latency` says of a histogram."""

from linewatch.training.bench.latency import Pace


def test_a_quantile_is_the_edge_of_the_bucket_that_it_falls_into() -> None:
    pace = Pace(20_000, 20_000, 1000, [(0.05, 600), (0.1, 380), (0.25, 19), (float("inf"), 1)])
    assert [pace.at_most_s(quantile) for quantile in (0.5, 0.99, 0.999, 1.0)] == [0.05, 0.25, 0.25, float("inf")]
