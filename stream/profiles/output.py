"""What applying frames gives."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from linewatch.stream.decision.flag import Flag
from linewatch.stream.decision.warning import Warning
from linewatch.stream.learner.examples import Examples


class Output(msgspec.Struct):
    """Flags in their order, by each the broker's timestamp of the message that made it (0 for the clock), and the rest.

    `shadow` are the flags of the policy that decides beside the one in force, if there is one.
    """

    flags: list[Flag] = []
    arrived_ms: list[int] = []
    examples: list[Examples] = []
    released: int = 0
    scored: int = 0
    feature_rows: list[tuple[NDArray[np.void], NDArray[np.float32], NDArray[np.float64]]] = []
    shadow: list[Flag] = []
    warnings: list[Warning] = []
    forgotten: list[tuple[int, bytes]] = []
    """Before which flag, and the key under which nothing is to stand from there on: of flags of numbers that were forgotten."""
