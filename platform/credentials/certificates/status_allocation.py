"""Handing out places in an issuer's status lists."""

from __future__ import annotations

import secrets

from django.db import connection

from credentials.certificates.database_role import as_issuer
from credentials.certificates.status_indexes import CAPACITY, status_index
from credentials.certificates.status_publishing import publish

StatusEntry = tuple[int, int, int]  # the list's id, its number, the place in it

# An issuer's lists that are filled side by side, so that as many workers issue at a time. More would only make more lists
# to publish and keep.
OPEN_LISTS = 4

_SELECT_LIST = """
    SELECT id, number, secret, used FROM credentials_statuslist WHERE issuer_id = %s AND used < %s
    ORDER BY number LIMIT 1 FOR NO KEY UPDATE {skip_locked}
"""
# Of two workers that open the same list at once one makes it, and the other waits and looks again.
_INSERT_LIST = """
    INSERT INTO credentials_statuslist (issuer_id, number, secret)
    SELECT %(issuer)s, coalesce(max(number), 0) + 1, %(secret)s FROM credentials_statuslist WHERE issuer_id = %(issuer)s
    HAVING %(however_many)s OR count(*) FILTER (WHERE used < %(capacity)s) < %(most)s
    ON CONFLICT DO NOTHING RETURNING id
"""


def allocate(issuer: str, count: int) -> list[StatusEntry]:
    """Take so many places in the issuer's lists that have some left, in the caller's transaction.

    A list stays locked until the transaction ends: what is taken and then rolled back is taken by nobody. Whoever comes
    meanwhile takes from another list, or opens one; with `OPEN_LISTS` of them it waits. A new one is published at once,
    so that it is there before a certificate that names it.
    """
    taken: list[StatusEntry] = []
    opened: list[int] = []
    with as_issuer(), connection.cursor() as cursor:
        while len(taken) < count:
            cursor.execute(_SELECT_LIST.format(skip_locked="SKIP LOCKED"), [issuer, CAPACITY])
            free = cursor.fetchone()
            if free is None:
                # Who holds a list already must not wait for another: two of them could wait for each other.
                cursor.execute(
                    _INSERT_LIST,
                    {
                        "issuer": issuer,
                        "secret": secrets.token_bytes(16),
                        "however_many": bool(taken),
                        "capacity": CAPACITY,
                        "most": OPEN_LISTS,
                    },
                )
                opened += [row[0] for row in cursor.fetchall()]
                if not taken and not opened:
                    cursor.execute(_SELECT_LIST.format(skip_locked=""), [issuer, CAPACITY])
                    free = cursor.fetchone()
                if free is None:
                    continue
            list_id, number, secret, used = free[0], free[1], bytes(free[2]), free[3]
            part = min(count - len(taken), CAPACITY - used)
            taken += [(list_id, number, status_index(secret, used + step)) for step in range(part)]
            cursor.execute("UPDATE credentials_statuslist SET used = used + %s WHERE id = %s", [part, list_id])
    for list_id in opened:
        publish(list_id)
    return taken
