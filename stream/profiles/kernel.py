"""How the fold's kernels are compiled: without counting references to arrays, which whoever calls them holds anyway.

Numba counts with an atomic instruction or two at each use of an array; that was more than half of the fold's time. A
kernel so compiled cannot allocate. Nor does it look before it divides: no divisor in it can be 0.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

_Kernel = TypeVar("_Kernel", bound=Callable[..., Any])


def compiled(function: _Kernel) -> _Kernel:
    """A function of its own."""
    return njit(cache=True, error_model="numpy", _nrt=False)(function)  # type: ignore[call-overload, no-any-return]  # not in its stubs


def inlined(function: _Kernel) -> _Kernel:
    """A function that becomes part of those that call it."""
    return njit(cache=True, error_model="numpy", _nrt=False, inline="always")(function)  # type: ignore[call-overload, no-any-return]
