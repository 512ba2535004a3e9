"""The fraud types that Linewatch decides on, in the order of every score column."""

from typing import Final

FRAUD_TYPES: Final = ("wangiri", "irsf", "sim_box", "robocall", "smishing")
ROLES: Final = {"wangiri": "actor", "irsf": "actor", "sim_box": "actor", "robocall": "actor", "smishing": "actor"}
