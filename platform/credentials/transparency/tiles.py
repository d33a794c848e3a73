"""A tree cut into tiles of height 8 (C2SP tlog-tiles): which there are, what they are called, how they grow. Pure.

Tile n of level l holds up to 256 neighbouring hashes of subtrees of height 8·l, as bytes one behind the other. A hash
enters a level when the full tile below it is done, so what stands in a tile never changes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from credentials.transparency.merkle import HASH_BYTES, Node, Range, nodes_of, perfect_hash, range_hash

Tile: TypeAlias = tuple[int, int]  # level, index in the level
HEIGHT = 8
WIDTH = 1 << HEIGHT
MAX_LEVELS = 64
# PostgreSQL's bigint: no tree is larger.
_MAX_LEAVES = 2**63 - 1
_PLACE = re.compile(r"((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


def tile_path(index: int, width: int = WIDTH) -> str:
    """A tile's place as it stands in addresses: 1234067 is `x001/x234/067`, and `.p/<width>` follows a partial one."""
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[start : start + 3] for start in range(0, len(digits), 3)]
    name = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return name if width == WIDTH else f"{name}.p/{width}"


def tile_index(name: str) -> tuple[int, int] | None:
    """The place and width that a tile's name tells, or None; no tile has two names."""
    found = _PLACE.fullmatch(name) if len(name) <= 40 else None
    if found is None:
        return None
    index = int(found[1].replace("x", "").replace("/", ""))
    width = int(found[2]) if found[2] else WIDTH
    return (index, width) if index <= _MAX_LEAVES and tile_path(index, width) == name else None


def width_at(tile: Tile, size: int) -> int:
    """How many hashes the tile has in a tree of that size."""
    level, index = tile
    return max(0, min(WIDTH, (size >> (HEIGHT * level)) - index * WIDTH))


def tiles_of(size: int) -> Iterator[tuple[Tile, int]]:
    """Every tile of a tree with its width."""
    level = 0
    while hashes := size >> (HEIGHT * level):
        for index in range(-(-hashes // WIDTH)):
            yield (level, index), width_at((level, index), size)
        level += 1


def edge_of(size: int) -> list[Tile]:
    """The partial tiles of a tree, which grow next: at most one per level."""
    edge = []
    level = 0
    while hashes := size >> (HEIGHT * level):
        if hashes % WIDTH:
            edge.append((level, hashes // WIDTH))
        level += 1
    return edge


def tile_of(node: Node) -> Tile:
    """The tile that answers for a perfect subtree."""
    height, index = node
    return height // HEIGHT, (index << (height % HEIGHT)) // WIDTH


def needed(ranges: Iterable[Range]) -> set[Tile]:
    """The tiles from which the ranges' hashes follow."""
    return {tile_of(node) for start, end in ranges for node in nodes_of(start, end)}


def hash_in(tiles: Mapping[Tile, bytes]) -> Callable[[Node], bytes]:
    """What answers for the hash of a perfect subtree out of those tiles.

    Raises:
        KeyError: (by the answer) the tile is missing, or shorter than the tree that was asked for.
    """

    def hash_of(node: Node) -> bytes:
        height, index = node
        count = 1 << (height % HEIGHT)
        first = (index * count) % WIDTH
        tile = tiles[tile_of(node)]
        if len(tile) < (first + count) * HASH_BYTES:
            raise KeyError(tile_of(node))
        return perfect_hash(hashes(tile[first * HASH_BYTES : (first + count) * HASH_BYTES]))

    return hash_of


def hashes(tile: bytes) -> list[bytes]:
    """The hashes in a tile."""
    return [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]


def proof(ranges: Sequence[Range], tiles: Mapping[Tile, bytes]) -> list[bytes]:
    """The hashes of the ranges."""
    return [range_hash(start, end, hash_in(tiles)) for start, end in ranges]


def root(size: int, tiles: Mapping[Tile, bytes]) -> bytes:
    """The root of the tree of that size; `tiles` has those `needed` for `[(0, size)]`."""
    return range_hash(0, size, hash_in(tiles))


def grown(edge: Mapping[Tile, bytes], size: int, leaf_hashes: Sequence[bytes]) -> dict[Tile, bytes]:
    """The tiles that change when leaves are appended to a tree of `size`, whole; `edge` holds those of `edge_of`.

    Each leaf costs its share of a tile and 255/256 of a hash: what it took before is not read again.
    """
    changed: dict[Tile, bytes] = {}
    level, new = 0, list(leaf_hashes)
    while new:
        begun = size >> (HEIGHT * level)
        done: list[bytes] = []
        index, kept = begun // WIDTH, begun % WIDTH
        tile = edge[level, index] if kept else b""
        if len(tile) != kept * HASH_BYTES:
            raise ValueError("the tree's edge is not of that size")
        while new:
            room = WIDTH - len(tile) // HASH_BYTES
            tile += b"".join(new[:room])
            new = new[room:]
            changed[level, index] = tile
            if len(tile) == WIDTH * HASH_BYTES:
                done.append(perfect_hash(hashes(tile)))
                index, tile = index + 1, b""
        level, new = level + 1, done
    return changed
