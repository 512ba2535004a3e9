"""Which partition of the log an entity lives in: a number with its whole block of 1,000, a sender id by itself."""

import numpy as np
from numpy.typing import NDArray

from linewatch.stream.records.columns import HASHED


def partition_of(entities: NDArray[np.uint64], partitions: int) -> NDArray[np.int64]:
    """Home partition of each entity, 0 to `partitions` - 1; the same on every machine and in every version."""
    keys = np.where(entities < np.uint64(HASHED), entities // np.uint64(1000), entities)
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((keys ^ (keys >> np.uint64(31))) % np.uint64(partitions)).astype(np.int64)
