"""How a long job gives memory back: the system's allocator told not to keep what chunks of rows needed."""

from __future__ import annotations

import ctypes

# Numbers of glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_LARGE = 2**20
_KEPT = 16 * 2**20
_ARENAS = 2


def give_back() -> None:
    """Let what Arrow and the allocator free return to the system; call before threads begin.

    Arrow's own pool keeps some tens of MB. glibc raises its bound for mapped blocks to the largest one freed and makes
    an arena for every thread: over twenty files that came to a hundred MB. Other C libraries have no such settings.
    """
    import pyarrow as pa

    pa.set_memory_pool(pa.system_memory_pool())
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in ((_MMAP_THRESHOLD, _LARGE), (_TRIM_THRESHOLD, _KEPT), (_ARENA_MAX, _ARENAS)):
            mallopt(option, value)


def trim() -> None:
    """Return what lies free between blocks in use; between two files it takes some milliseconds."""
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
