"""Indexes in status lists: random to outsiders, never used twice. Pure.

The n-th index is a keyed permutation of n: a Feistel network of four rounds (Luby and Rackoff 1988) over the 17 bits of
an index, with keyed BLAKE2b as its round function. So an index shows neither when a certificate was issued nor how many
there are, and none is used twice although nothing is looked up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache

from credentials.certificates.status_list import ENTRIES

# The rest of a list stays free: from outside, an unused index looks like that of a certificate.
CAPACITY = ENTRIES - ENTRIES // 16
_LEFT, _RIGHT = 8, 9  # bits of the halves; they are swapped at every round
_ROUNDS = 4


def status_index(secret: bytes, number: int) -> int:
    """The index of the certificate with that number in its list.

    Args:
        secret: the list's key. number: from 0 to ENTRIES - 1, in the order of issuance.
    """
    left, right, bits_left, bits_right = number >> _RIGHT, number & ((1 << _RIGHT) - 1), _LEFT, _RIGHT
    for round_number in range(_ROUNDS):
        left, right = right, left ^ (_round_function(secret, round_number, right) & ((1 << bits_left) - 1))
        bits_left, bits_right = bits_right, bits_left
    return left << bits_right | right


@lru_cache(maxsize=8192)
def _round_function(secret: bytes, round_number: int, right_half: int) -> int:
    # A list asks for 1,536 different values, however many of its indexes are used.
    return int.from_bytes(
        hashlib.blake2b(bytes((round_number, right_half >> 8, right_half & 0xFF)), digest_size=2, key=secret).digest()
    )


def decoys(secret: bytes, purpose: str) -> Iterator[int]:
    """Indexes that are set in the list of that purpose although no certificate has them.

    Between 64 and 1,087; their number follows from the list's secret, so the published list does not show how many
    certificates are revoked. They are among the indexes that are never allocated.
    """
    drawn = hashlib.blake2b(purpose.encode(), digest_size=4, key=secret).digest()
    how_many, start = 64 + int.from_bytes(drawn[:2]) % 1024, int.from_bytes(drawn[2:])
    free = ENTRIES - CAPACITY
    for number in range(how_many):
        yield status_index(secret, CAPACITY + (start + number) % free)
