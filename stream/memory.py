"""Memory of a process that lives long: Python's collector and C's allocator told how long things last."""

import ctypes
import gc
from typing import Final

M_TRIM_THRESHOLD: Final = -1
M_MMAP_THRESHOLD: Final = -3
"""Parameters of mallopt(3), as <malloc.h> of glibc numbers them."""
LARGE: Final = 4 << 20
_SETTINGS: Final = ((M_MMAP_THRESHOLD, LARGE), (M_TRIM_THRESHOLD, 64 << 20))


def settle() -> None:
    """Leave models and code out of every collection, and collect seldom: to be called once all is loaded.

    What comes by the batch leaves by its reference counts.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


def return_large() -> bool:
    """Let blocks of `LARGE` bytes and more go back to the system when they are freed; False where the C library cannot.

    Left to itself, glibc learns from the first large block that it is given back to keep blocks of up to 32 MB, and copies of
    state that are made for each unit, each larger than the last, leave holes between what stays: 200 bytes a number and more.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and all(mallopt(what, size) for what, size in _SETTINGS)
