"""Which partition of the log an entity lives in: a number with its whole block of 1,000, a sender id by itself."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from linewatch.stream.records.columns import HASHED, mix


@njit(cache=True, inline="always")
def home_of(entity: np.uint64, partitions: int) -> int:
    """Home partition of one entity."""
    key = entity // np.uint64(1000) if entity < np.uint64(HASHED) else entity
    return int(mix(key) % np.uint64(partitions))


@njit(cache=True)
def partition_of(entities: NDArray[np.uint64], partitions: int) -> NDArray[np.int64]:
    """Home partition of each entity, 0 to `partitions` - 1; the same on every machine and in every version."""
    homes = np.empty(len(entities), np.int64)
    for index in range(len(entities)):
        homes[index] = home_of(entities[index], partitions)
    return homes
