"""Python's collector of cycles, told that what comes by the batch leaves by its reference counts."""

import gc


def settle() -> None:
    """Leave models and code out of every collection, and collect seldom: to be called once all is loaded."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
