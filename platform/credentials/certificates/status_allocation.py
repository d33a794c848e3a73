"""Allocating unused indexes of an issuer's status lists."""

from __future__ import annotations

import secrets

from django.db.models import F, QuerySet

from credentials.certificates import statements
from credentials.certificates.database_role import as_issuer
from credentials.certificates.models import StatusList
from credentials.certificates.status_indexes import CAPACITY, status_index
from credentials.certificates.status_publishing import publish

StatusEntry = tuple[int, int, int]  # the list's id, its number, the index in it

# An issuer's lists that are filled at the same time, so that as many workers can issue at a time. More would only make
# more lists to publish and store.
OPEN_LISTS = 4


def allocate(issuer: str, count: int) -> list[StatusEntry]:
    """Allocate `count` unused status list indexes of the issuer, in the caller's transaction.

    The lists are locked until it ends, so a rollback frees the indexes. Another transaction takes another list, or opens
    one; when `OPEN_LISTS` are open, it waits. A new list is published at once, before a certificate names it.
    """
    allocated: list[StatusEntry] = []
    opened: list[int] = []
    with as_issuer():
        while len(allocated) < count:
            status_list = _unused(issuer).select_for_update(no_key=True, skip_locked=True).first()
            if status_list is None:
                # A transaction that holds a list must not wait for another: two of them could wait for each other.
                opened += statements.open_status_list(
                    issuer,
                    secret=secrets.token_bytes(16),
                    capacity=CAPACITY,
                    max_open=None if allocated else OPEN_LISTS,
                )
                if not allocated and not opened:
                    status_list = _unused(issuer).select_for_update(no_key=True).first()
                if status_list is None:
                    continue
            secret, used = bytes(status_list.secret), status_list.used
            taken = min(count - len(allocated), CAPACITY - used)
            allocated += [
                (status_list.pk, status_list.number, status_index(secret, used + step)) for step in range(taken)
            ]
            StatusList.objects.filter(pk=status_list.pk).update(used=F("used") + taken)
    for list_id in opened:
        publish(list_id)
    return allocated


def _unused(issuer: str) -> QuerySet[StatusList]:
    """The issuer's lists with unused indexes, the oldest first; without the published texts, which are long."""
    lists = StatusList.objects.filter(issuer_id=issuer, used__lt=CAPACITY).order_by("number")
    return lists.only("number", "secret", "used")
