"""Policies that a candidate may be: other thresholds, another weight of the model, one that only reports."""

from linewatch.config.policy import shipped_policy

EDGES = shipped_policy().source.replace("review = 0.75\nblock = 0.97", "review = 0.6\nblock = 0.85").encode()
WEIGHT = EDGES.replace(b"model_weight = 0.5", b"model_weight = 1.1")
LISTED = shipped_policy().source.replace("report_only = false", "report_only = true").encode()
