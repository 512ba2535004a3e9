"""Rules by the compiled pass and one by one agree."""

import numpy as np

from linewatch.models.rules.compiled import logits_of, signs_of
from linewatch.models.rules.every import RULES, columns, logits
from linewatch.stream.profiles.features import FEATURES


def test_compiled_signs_give_the_logits_of_the_rules() -> None:
    rows = (np.random.default_rng(4).random((3000, len(FEATURES))) ** 6 * 100).astype(np.float32)
    one_by_one = logits(RULES, columns(FEATURES, rows))
    assert len(np.unique(one_by_one)) > 1000
    np.testing.assert_allclose(logits_of(rows, signs_of(RULES, FEATURES)), one_by_one, rtol=0, atol=1e-12)
