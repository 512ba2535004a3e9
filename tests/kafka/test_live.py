"""G3: live against canonical order, on a stream that is fed in the file's order, feedback on in both."""

from pathlib import Path

import pytest
from scipy.stats import binom

from kafka_deployment import Deployment, assert_same_flags
from linewatch.training.evaluate.live_order import likeness
from simulated_carrier import Carrier

BY_CHANCE = 0.01
"""One run has nine pairs in its last hundredth, so that its p99 is a matter of luck: it speaks against G3 when no more than one run
in so many would be as far off by chance, were one pair in a hundred a minute apart. `live_order` pools eight operators."""
FASTER = 150.0  # G3 allows 200; a hiccup of the machine of half a second is a minute of event time at this pace


@pytest.mark.alone
def test_live_flags_are_nearly_those_of_canonical_order(bootstrap: str, tmp_path: Path) -> None:
    carrier = Carrier(tmp_path, 12_000, 0.2, 7, feedback=True)
    with Deployment(bootstrap, tmp_path, carrier.operator, mode="live", feedback=True) as deployment:
        deployment.start_worker().wait_ready()
        deployment.feed(carrier.records, speed=FASTER)
        deployment.wait_settled()
        flags = deployment.flags()
        assert_same_flags(flags, deployment.flags_by_log())
    found = likeness(flags, carrier.flags)
    apart = f"flagged_ms apart at p99 {found.p99_s:.1f} s, over a minute {found.beyond:.2%} {found.types}"
    print(f"G3: Jaccard {found.jaccard:.4f}, {apart}, {len(flags)} flags")
    assert found.jaccard >= 0.98
    assert found.beyond * len(found.apart_s) <= binom.ppf(1.0 - BY_CHANCE, len(found.apart_s), 0.01)
