"""Pages of the catalogue as ready bytes. A process keeps those it composed; the database tells whether they still stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from common.caches import ProcessCache
from common.conditional import etag_of
from common.pagination import INSTANT_AND_ID, Cursors
from common.queries import KeptQuery
from common.rendering import to_json
from courses.catalogue import statements
from courses.catalogue.documents import ranges_of
from courses.publishing.models import CatalogueState

CURSORS = Cursors("catalogue", INSTANT_AND_ID)


@dataclass(frozen=True)
class CataloguePage:
    """languages: of its cards, as `Content-Language` has them; None without cards. following: cursor of the next page."""

    body: bytes
    etag: str
    languages: str | None
    following: str | None


_STATE = KeptQuery(lambda: CatalogueState.objects.values_list("token", flat=True))
_Wanted = tuple[tuple[str, ...], tuple[datetime, UUID] | None, int]
# By what was asked for: the page, and the state of the catalogue that it is of.
_pages: ProcessCache[_Wanted, tuple[UUID, CataloguePage]] = ProcessCache(
    most=16 * 2**20, size=lambda kept: len(kept[1].body) + 2000
)


def read_catalogue(*, wanted: Sequence[str], after: tuple[datetime, UUID] | None, limit: int) -> CataloguePage:
    """Read the page of at most `limit` published editions behind `after`, newest first.

    One query, which asks for the catalogue's state where the page is kept; two where that state is another meanwhile.

    Args:
        wanted: the reader's languages, best first (BCP 47); each card is in the one that fits best.
        after: instant of publication and id of the last edition of the page before.
    """
    languages = tuple(ranges_of(wanted))
    key = (languages, after, limit)
    kept = _pages.get(key)
    if kept is not None and kept[0] == _STATE.first():
        return kept[1]
    # One card more than is shown says whether there is another page.
    state, cards = statements.cards(languages=languages, after=after, limit=limit + 1)
    page = _compose(cards, limit)
    if state is not None:
        _pages.put({key: (state, page)})
    return page


def _compose(cards: Sequence[tuple[datetime, UUID, str, bytes]], limit: int) -> CataloguePage:
    shown = cards[:limit]
    following = CURSORS.write(shown[-1][:2]) if len(cards) > limit else None
    body = b'{"items":[%b],"next":%b}' % (b",".join(card[3] for card in shown), to_json(following))
    return CataloguePage(body, etag_of(body), ", ".join(sorted({card[2] for card in shown})) or None, following)
