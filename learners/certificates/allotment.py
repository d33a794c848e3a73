"""Handing out places in an issuer's status lists."""

from __future__ import annotations

import secrets

from django.db import connection

from learners.certificates.database_role import as_issuer
from learners.certificates.places import CAPACITY, place
from learners.certificates.status_publishing import publish

Place = tuple[int, int, int]  # the list's id, its number, the place in it


def take(issuer: str, count: int) -> list[Place]:
    """Take so many places in the issuer's newest lists, in the caller's transaction; a full pair is followed by a new one.

    The list stays locked until the transaction ends: what is taken and then rolled back is taken by nobody. At most one
    statement for each list that is touched; a new one is published at once, so that it is there before a certificate that
    names it.
    """
    taken: list[Place] = []
    opened: list[int] = []
    with as_issuer(), connection.cursor() as cursor:
        while len(taken) < count:
            cursor.execute(
                """
                SELECT id, number, secret, used FROM learners_statuslist WHERE issuer_id = %s
                ORDER BY number DESC LIMIT 1 FOR NO KEY UPDATE
                """,
                [issuer],
            )
            newest = cursor.fetchone()
            if newest is None or newest[3] >= CAPACITY:
                # Of two workers that open the same list at once one makes it, and the other waits and finds it.
                cursor.execute(
                    "INSERT INTO learners_statuslist (issuer_id, number, secret) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING "
                    "RETURNING id",
                    [issuer, newest[1] + 1 if newest else 1, secrets.token_bytes(16)],
                )
                opened += [row[0] for row in cursor.fetchall()]
                continue
            list_id, number, secret, used = newest[0], newest[1], bytes(newest[2]), newest[3]
            part = min(count - len(taken), CAPACITY - used)
            taken += [(list_id, number, place(secret, used + step)) for step in range(part)]
            cursor.execute("UPDATE learners_statuslist SET used = used + %s WHERE id = %s", [part, list_id])
    for list_id in opened:
        publish(list_id)
    return taken
