"""All detectors by rule, in the order of `FRAUD_TYPES`, and their log-odds over a batch in one call."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from linewatch.models.fraud_types import FRAUD_TYPES
from linewatch.models.rules import (
    call_forward_abuse,
    cli_spoofing,
    device_cloning,
    flash_call,
    grey_route,
    irsf,
    pbx_hacking,
    roaming_fraud,
    robocall,
    sim_box,
    sim_swap,
    smishing,
    sms_pumping,
    sms_spam,
    subscription_fraud,
    tdos,
    vishing,
    wangiri,
)
from linewatch.models.rules.rule import Column, Rule

RULES: tuple[Rule, ...] = (
    wangiri.RULE,
    irsf.RULE,
    sim_box.RULE,
    robocall.RULE,
    smishing.RULE,
    sms_spam.RULE,
    grey_route.RULE,
    pbx_hacking.RULE,
    vishing.RULE,
    cli_spoofing.RULE,
    tdos.RULE,
    flash_call.RULE,
    call_forward_abuse.RULE,
    roaming_fraud.RULE,
    device_cloning.RULE,
    subscription_fraud.RULE,
    sim_swap.RULE,
    sms_pumping.RULE,
)
assert tuple(rule.fraud_type for rule in RULES) == FRAUD_TYPES


def tuned_rules(detectors: Mapping[str, Mapping[str, float]]) -> tuple[Rule, ...]:
    """The rules with the thresholds that a policy sets, by fraud type and sign code."""
    return tuple(rule.tuned(detectors.get(rule.fraud_type, {})) for rule in RULES)


def columns(names: tuple[str, ...], rows: NDArray[np.float32]) -> Column:
    """Access to the columns of feature rows by name."""
    index = {name: place for place, name in enumerate(names)}
    return lambda name: rows[:, index[name]].astype(np.float64)


def logits(rules: tuple[Rule, ...], column: Column) -> NDArray[np.float64]:
    """Log-odds `[n, fraud types]`."""
    return np.column_stack([rule.logit(column) for rule in rules])
