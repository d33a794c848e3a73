"""The tree's arithmetic against the recursive definitions of RFC 6962 and RFC 9162, written down as they stand there."""

from __future__ import annotations

from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credentials.transparency import merkle, tiles

# The leaves and roots that implementations of RFC 6962 test each other with.
LEAVES = [
    bytes.fromhex(value)
    for value in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def _k(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(d: list[bytes]) -> bytes:
    if not d:
        return sha256(b"").digest()
    if len(d) == 1:
        return sha256(b"\0" + d[0]).digest()
    k = _k(len(d))
    return sha256(b"\1" + mth(d[:k]) + mth(d[k:])).digest()


def path(m: int, d: list[bytes]) -> list[bytes]:
    if len(d) == 1:
        return []
    k = _k(len(d))
    return [*path(m, d[:k]), mth(d[k:])] if m < k else [*path(m - k, d[k:]), mth(d[:k])]


def subproof(m: int, d: list[bytes], is_whole: bool) -> list[bytes]:
    if m == len(d):
        return [] if is_whole else [mth(d)]
    k = _k(len(d))
    if m <= k:
        return [*subproof(m, d[:k], is_whole), mth(d[k:])]
    return [*subproof(m - k, d[k:], False), mth(d[:k])]


def _stored(leaves: list[bytes], *cuts: int) -> dict[tiles.Tile, bytes]:
    """The tiles of the tree, appended in several goes."""
    stored: dict[tiles.Tile, bytes] = {}
    stops = sorted({0, len(leaves), *(cut % (len(leaves) + 1) for cut in cuts)})
    for begun, end in pairwise(stops):
        edge = {entry: stored[entry] for entry in tiles.edge_of(begun)}
        grown = tiles.grown(edge, begun, [merkle.leaf_hash(leaf) for leaf in leaves[begun:end]])
        for entry, hashes in grown.items():
            assert hashes.startswith(stored.get(entry, b"")), "what stands in a tile stays"
        stored |= grown
    return stored


def _leaves(size: int) -> list[bytes]:
    return [index.to_bytes(4, "big") for index in range(size)]


@pytest.mark.parametrize("size", ROOTS)
def test_known_roots(size: int) -> None:
    leaves = LEAVES[:size]
    assert mth(leaves).hex() == ROOTS[size], "the definition above"
    growing = merkle.IncrementalTree()
    growing.add(merkle.leaf_hash(leaf) for leaf in leaves)
    assert growing.root.hex() == ROOTS[size]
    assert tiles.root(size, _stored(leaves)).hex() == ROOTS[size]


# Every size to past the first tile's end by way of the small ones; then sizes around the edges of tiles.
SIZES = st.one_of(
    st.integers(1, 40), st.integers(250, 520), st.sampled_from([255, 256, 257, 511, 512, 513, 1023, 1025])
)


@given(SIZES, st.data())
@settings(max_examples=120, deadline=None)
def test_tiles_give_the_proofs_of_the_definition_and_they_verify(size: int, data: st.DataObject) -> None:
    leaves = _leaves(size)
    stored = _stored(leaves, *data.draw(st.lists(st.integers(0, 2000), max_size=4)))
    assert {entry: len(hashes) // 32 for entry, hashes in stored.items()} == dict(tiles.tiles_of(size))
    # Of an earlier tree too, out of tiles that have grown since.
    at = data.draw(st.integers(1, size))
    index, old = data.draw(st.integers(0, at - 1)), data.draw(st.integers(0, at))
    root, old_root = mth(leaves[:at]), mth(leaves[:old])
    assert tiles.root(at, stored) == root
    included = tiles.proof(merkle.inclusion_ranges(index, at), stored)
    assert included == path(index, leaves[:at])
    leaf = merkle.leaf_hash(leaves[index])
    assert merkle.includes(leaf=leaf, index=index, size=at, proof=included, root=root)
    continued = tiles.proof(merkle.consistency_ranges(old, at), stored)
    assert continued == (subproof(old, leaves[:at], True) if old else [])
    assert merkle.is_consistent(old=old, new=at, old_root=old_root, new_root=root, proof=continued)


@given(st.integers(1, 70), st.data())
@settings(max_examples=150, deadline=None)
def test_nothing_else_verifies(size: int, data: st.DataObject) -> None:
    leaves = _leaves(size)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    root, proof = mth(leaves), path(index, leaves)
    leaf = merkle.leaf_hash(leaves[index])

    def wrong(hashes: list[bytes]) -> list[bytes]:
        kind = data.draw(st.sampled_from(["more", "less", "other", "swapped"]))
        changed = list(hashes)
        if kind == "less" and changed:
            changed.pop(data.draw(st.integers(0, len(changed) - 1)))
        elif kind == "other" and changed:
            changed[data.draw(st.integers(0, len(changed) - 1))] = bytes(32)
        elif kind == "swapped" and len(changed) > 1:
            changed[0], changed[-1] = changed[-1], changed[0]
        else:
            changed.append(bytes(32))
        return changed

    assert not merkle.includes(leaf=leaf, index=index, size=size, proof=wrong(proof), root=root)
    assert not merkle.includes(leaf=bytes(32), index=index, size=size, proof=proof, root=root)
    other = data.draw(st.integers(-1, size + 1))
    if other != index:
        assert not merkle.includes(leaf=leaf, index=other, size=size, proof=proof, root=root)
    consistent = {"old": old, "new": size, "old_root": mth(leaves[:old]), "new_root": root}
    continued = subproof(old, leaves, True)
    assert not merkle.is_consistent(**consistent, proof=wrong(continued))
    altered = [*leaves[: old - 1], b"altered"]
    assert not merkle.is_consistent(**{**consistent, "old_root": mth(altered)}, proof=continued)
    forked = [b"altered", *leaves[1:]]
    assert not merkle.is_consistent(**{**consistent, "new_root": mth(forked)}, proof=subproof(old, forked, True)), (
        "another tree with a proof of its own"
    )


def test_a_proof_out_of_a_tile_that_is_shorter_than_the_tree_is_refused() -> None:
    stored = _stored(_leaves(5))
    with pytest.raises(KeyError):
        tiles.proof(merkle.inclusion_ranges(0, 8), stored)
    with pytest.raises(ValueError, match="edge"):
        tiles.grown({(0, 0): stored[0, 0]}, 6, [bytes(32)])
    with pytest.raises(ValueError, match="no such leaf"):
        merkle.inclusion_ranges(5, 5)
    with pytest.raises(ValueError, match="shrink"):
        merkle.consistency_ranges(6, 5)


def test_the_tiles_of_a_tree_of_70_000() -> None:
    widths = dict(tiles.tiles_of(70_000))
    assert sum(1 for (level, _), width in widths.items() if (level, width) == (0, 256)) == 273
    assert {entry: width for entry, width in widths.items() if width < 256} == {(0, 273): 112, (1, 1): 17, (2, 0): 1}
    assert widths[1, 0] == 256
    assert dict(tiles.tiles_of(256)) == {(0, 0): 256, (1, 0): 1}


@given(st.integers(0, 2**63 - 1), st.integers(1, 256))
def test_a_tile_has_one_name(place: int, width: int) -> None:
    assert tiles.tile_index(tiles.tile_path(place, width)) == (place, width)


def test_names_of_tiles() -> None:
    assert tiles.tile_path(1234067) == "x001/x234/067"
    assert tiles.tile_path(5, 7) == "005.p/7"
    for name in (
        "",
        "5",
        "05",
        "0005",
        "x000/005",
        "x001/5",
        "1000",
        "001/000",
        "x001",
        "005.p/0",
        "005.p/256",
        "005.p/07",
        "005.p/",
        "-01",
        "x999/" * 9 + "000",
        "٠٠١",
        "../001",
    ):
        assert tiles.tile_index(name) is None, name
