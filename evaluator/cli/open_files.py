"""Room for as many connections as the models may have."""

from __future__ import annotations

import resource

SPARE = 64
"""Files that are open beside the connections: the journal, the lock, modules."""


def make_room_for(n_connections: int) -> str | None:
    """Raise this process's limit of open files where it is too low; return what to tell when it cannot be."""
    need = n_connections + SPARE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= need:
        return None
    room = need if hard == resource.RLIM_INFINITY else min(need, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (room, hard))
    except (OSError, ValueError):
        room = soft
    if room >= need:
        return None
    return f"only {room:,} files may be open at once, {need:,} are wanted: see `ulimit -n`, or lower --concurrency"
