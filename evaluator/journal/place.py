"""Where a run directory should rather not lie."""

from __future__ import annotations

from pathlib import Path

SYNC_FOLDERS = ("dropbox", "onedrive", "google drive", "googledrive", "icloud drive", "mobile documents", "nextcloud")
SHARES = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "fuse.rclone"})
MOUNTS = Path("/proc/mounts")


def odd_place(path: Path, mounts: Path = MOUNTS) -> str | None:
    """Return what is odd about the place of a run directory, or None.

    A folder that another program synchronises may be changed while it is written, and on a network
    share a lock or an fsync may mean less than it says.
    """
    path = path.absolute()
    for part in path.parts:
        if part.lower().startswith(SYNC_FOLDERS):
            return f"{path} lies in {part}, which another program may change while it is written"
    kind = _file_system(path, mounts)
    if kind in SHARES:
        return f"{path} lies on a network share ({kind}), where locks and syncs may not hold"
    return None


def _file_system(path: Path, mounts: Path) -> str | None:
    try:
        rows = [line.split() for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return None
    found = [(len(row[1]), row[2]) for row in rows if len(row) > 2 and path.is_relative_to(row[1])]
    return max(found)[1] if found else None
