"""Merkle tree arithmetic of RFC 6962 and RFC 9162, section 2.1: roots, inclusion and consistency proofs. Pure.

A tree is its size and whatever answers for the hashes of its perfect subtrees: a range `[start, end)` of leaves splits
into at most one perfect subtree per bit of its length, and every hash in a proof is that of such a range.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import TypeAlias

# A perfect subtree: its height, and its index among those of that height. (0, i) is leaf i.
Node: TypeAlias = tuple[int, int]
Range: TypeAlias = tuple[int, int]
HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a leaf: SHA-256 over 0x00 and its bytes."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node: SHA-256 over 0x01 and both children."""
    return sha256(b"\x01" + left + right).digest()


def perfect_hash(hashes: Sequence[bytes]) -> bytes:
    """The root over neighbouring hashes of one height; their number is a power of two."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[node_index], row[node_index + 1]) for node_index in range(0, len(row), 2)]
    return row[0]


def nodes_of(start: int, end: int) -> list[Node]:
    """The perfect subtrees, left to right, of which the range is made, as RFC 6962 splits it.

    `start` is a multiple of the largest power of two that is not above the range's length, as in every proof.
    """
    nodes = []
    while start < end:
        height = (end - start).bit_length() - 1
        nodes.append((height, start >> height))
        start += 1 << height
    return nodes


def fold(hashes: Sequence[bytes]) -> bytes:
    """The hash of a range from those of `nodes_of` it."""
    if not hashes:
        return EMPTY_ROOT
    folded = hashes[-1]
    for left in reversed(hashes[:-1]):
        folded = node_hash(left, folded)
    return folded


def range_hash(start: int, end: int, hash_of: Callable[[Node], bytes]) -> bytes:
    """MTH(D[start:end])."""
    return fold([hash_of(node) for node in nodes_of(start, end)])


def _split(size: int) -> int:
    """The largest power of two below `size`, which is at least 2."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The ranges whose hashes prove leaf `index` in a tree of `size`, from the leaf's sibling up (RFC 9162, 2.1.3.1).

    Raises:
        ValueError: the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError("the tree has no such leaf")
    ranges: list[Range] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """The ranges whose hashes prove that the tree of size `old` begins the one of size `new` (RFC 9162, 2.1.4.1).

    Nothing has to be proved of the empty tree, nor of a tree and itself.

    Raises:
        ValueError: `old` is above `new`, or negative.
    """
    if not 0 <= old <= new:
        raise ValueError("a tree does not shrink")
    if old in (0, new):
        return []
    ranges: list[Range] = []
    start, end, is_known = 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start, is_known = middle, False
    if not is_known:
        ranges.append((start, end))
    return ranges[::-1]


def includes(*, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof leads from the leaf's hash to the root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node_index, last, computed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if node_index & 1 or node_index == last:
            computed = node_hash(sibling, computed)
            while not node_index & 1 and node_index:
                node_index, last = node_index >> 1, last >> 1
        else:
            computed = node_hash(computed, sibling)
        node_index, last = node_index >> 1, last >> 1
    return last == 0 and computed == root


def is_consistent(*, old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the old tree begins the new one (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old == 0:
        return not proof and old_root == EMPTY_ROOT and (new > 0 or new_root == EMPTY_ROOT)
    if old == new:
        return not proof and old_root == new_root
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    node_index, last = old - 1, new - 1
    while node_index & 1:
        node_index, last = node_index >> 1, last >> 1
    before = after = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node_index & 1 or node_index == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while not node_index & 1 and node_index:
                node_index, last = node_index >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        node_index, last = node_index >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root


class IncrementalTree:
    """The root of a tree that is read from its first leaf on: one hash per bit of its size is kept."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[tuple[int, bytes]] = []

    def add(self, leaf_hashes: Iterable[bytes]) -> None:
        for leaf_hash in leaf_hashes:
            height, computed = 0, leaf_hash
            while self._peaks and self._peaks[-1][0] == height:
                computed = node_hash(self._peaks.pop()[1], computed)
                height += 1
            self._peaks.append((height, computed))
            self.size += 1

    @property
    def root(self) -> bytes:
        return fold([peak for _, peak in self._peaks])
