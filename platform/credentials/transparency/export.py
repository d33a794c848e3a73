"""The log as files for a CDN: the same names and bytes as over HTTP (C2SP tlog-tiles)."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from credentials.transparency import selectors, tiles


def export(folder: Path) -> int:
    """Write what the newest checkpoint covers below `folder`, and the checkpoint last; returns how many files were written.

    A file that is there is left alone, for it never changes: a repeat writes what is new. Partial tiles of former
    checkpoints stay; whoever holds such a checkpoint finds them.

    Raises:
        NotPublished: there is no checkpoint yet.
    """
    checkpoint = selectors.newest()
    written = 0
    for (level, index), width in tiles.tiles_of(checkpoint.size):
        name = tiles.tile_path(index, width)
        wanted = folder / "tile" / str(level) / name
        if not wanted.exists():
            _write(wanted, selectors.tile(level=level, index=index, width=width))
            written += 1
        wanted = folder / "tile" / "entries" / name
        if level == 0 and not wanted.exists():
            _write(wanted, selectors.bundle(index=index, width=width))
            written += 1
    _write(folder / "checkpoint", selectors.note_of(checkpoint).encode())
    return written + 1


def _write(path: Path, content: bytes) -> None:
    # A reader finds the whole file or none.
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    draft.write_bytes(content)
    os.replace(draft, path)
