"""How the compiled core is compiled: the same options everywhere, and one stamp for all its files.

numba keeps a compiled function as long as the file that it stands in does not change. The core is several files, and a
function that calls one of another file would be taken from the cache though that one has changed. So all of them carry
one stamp: a digest of every file of this folder.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

import numba as nb

F = TypeVar("F", bound=Callable[..., Any])

OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "fastmath": False, "_nrt": False}
"""Nothing in the core allocates, so no references are counted (`_nrt`): counting those of the arrays of a run, handed
from function to function, would cost 1 microsecond a cell, more than all the rest. `fastmath` stays off, so that
results are the same bits everywhere."""


def digest_of(folder: Path) -> str:
    """Return a digest of the Python files of a folder, their names and bytes."""
    total = sha256()
    for file in sorted(folder.glob("*.py")):
        total.update(file.name.encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


STAMP = digest_of(Path(__file__).parent)


def _stamped(dispatcher: Any) -> Any:
    """Make a compiled function's cache depend on every file of the core."""
    dispatcher._cache._cache_file._source_stamp = STAMP
    return dispatcher


def jit(function: F) -> F:
    """Compile a function of the core."""
    return cast(F, _stamped(nb.njit(**OPTIONS)(function)))


def within(function: F) -> F:
    """Compile a function as a part of its callers: a call that hands over the arrays of a run costs 60 ns."""
    return cast(F, _stamped(nb.njit(forceinline=True, **OPTIONS)(function)))
