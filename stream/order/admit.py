"""What a message of the log brings that was not brought before, by the offsets of its records."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from linewatch.stream.order.sighting import LATE, LATE_MS


@njit(cache=True)
def admit(
    rows: NDArray[np.void],
    indexes: NDArray[np.int64],
    before: NDArray[np.int64],
    after: NDArray[np.int64],
    late_before_ms: NDArray[np.int64],
) -> int:
    """Move the new rows of a message to the front, in their order, and mark those that are late; returns how many are new.

    The other arrays are by a source's place in the message: the index that its rows get for it, the highest offset accepted of
    it, which goes on in `after`, and the clock that its records are held against.
    """
    kept = 0
    for place in range(len(rows)):
        row = rows[place]
        source = row.source
        if row.offset <= before[source]:
            continue
        after[source] = max(after[source], row.offset)
        row.source = indexes[source]
        if row.event_ms < late_before_ms[source] - LATE_MS:
            row.flags |= np.uint32(LATE)
        if kept < place:
            rows[kept] = row
        kept += 1
    return kept
