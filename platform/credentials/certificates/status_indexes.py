"""Places in status lists: random to everyone outside, never handed out twice. Pure.

The n-th place of a list is a permutation of n under the list's secret: a Feistel network of four rounds (Luby and
Rackoff 1988) over the 17 bits of a place, with keyed BLAKE2b as its round function. So a place tells neither when a
certificate was issued nor how many there are, and none is drawn twice without anything to look up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache

from credentials.certificates.status_list import ENTRIES

# The rest of a list stays free: places that nobody has cannot be told from those of certificates.
CAPACITY = ENTRIES - ENTRIES // 16
_LEFT, _RIGHT = 8, 9  # bits of the halves; they change places at every round
_ROUNDS = 4


def status_index(secret: bytes, number: int) -> int:
    """The place of the certificate with that number in its list.

    Args:
        secret: the list's key. number: from 0 to ENTRIES - 1, in the order of issuance.
    """
    left, right, bits_left, bits_right = number >> _RIGHT, number & ((1 << _RIGHT) - 1), _LEFT, _RIGHT
    for turn in range(_ROUNDS):
        left, right = right, left ^ (_round_function(secret, turn, right) & ((1 << bits_left) - 1))
        bits_left, bits_right = bits_right, bits_left
    return left << bits_right | right


@lru_cache(maxsize=8192)
def _round_function(secret: bytes, turn: int, half: int) -> int:
    # A list asks for 1,536 different ones, however many of its places are taken.
    return int.from_bytes(hashlib.blake2b(bytes((turn, half >> 8, half & 0xFF)), digest_size=2, key=secret).digest())


def decoys(secret: bytes, purpose: str) -> Iterator[int]:
    """Places that are set in the list of that purpose although nobody has them.

    Between 64 and 1,087, how many is the list's secret: so the published list does not tell how many are revoked. They
    are of those that are never handed out.
    """
    drawn = hashlib.blake2b(purpose.encode(), digest_size=4, key=secret).digest()
    how_many, start = 64 + int.from_bytes(drawn[:2]) % 1024, int.from_bytes(drawn[2:])
    free = ENTRIES - CAPACITY
    for number in range(how_many):
        yield status_index(secret, CAPACITY + (start + number) % free)
