"""Kept queries give what the ORM's own give, and are composed once."""

from __future__ import annotations

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import Any

import pytest
from django.contrib.postgres.fields import ArrayField
from django.db import connection, connections, transaction
from django.db.models import Count, F, QuerySet, UUIDField, Value
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from common.ids import new_id
from common.queries import Given, IsAmong, KeptQuery
from courses.models import Edition, Pin
from tests.assessments.factories import make_edition

pytestmark = pytest.mark.django_db
_EDITION = Given("edition", UUIDField())
_AMONG = IsAmong(F("pk"), Given("editions", ArrayField(UUIDField())))


def _everything(element: Any) -> Any:
    """A row with all that was loaded of it and of what came along."""
    if not hasattr(element, "_meta"):
        return element
    loaded = {name: value for name, value in vars(element).items() if name != "_state"}
    return type(element), loaded, {name: _everything(known) for name, known in element._state.fields_cache.items()}


@pytest.mark.parametrize(
    "narrow",
    [
        lambda found: found,
        lambda found: found.select_related("course", "framework"),
        lambda found: found.select_related("course").defer("languages", "course__slug"),
        lambda found: found.only("status"),
        lambda found: found.annotate(lessons=Count("pins__version"), always=Value("ไทย 100 %")),
        lambda found: found.values_list("pk", "languages", "course__slug"),
        lambda found: found.values_list("default_language", flat=True),
        lambda found: found.values("pk", "published_at"),
        lambda found: found.order_by("-pk")[:1],
        lambda found: found.none() | found,
    ],
)
def test_each_kind_of_query_gives_what_the_orm_gives(narrow: Any) -> None:
    kept: Any = KeptQuery(lambda: narrow(Edition.objects.filter(_AMONG).order_by("pk")))
    made = [make_edition(languages=("en", "th")) for _ in range(3)]
    for asked in (made, made[:1], made[1:], []):
        ids = [question.pk for question in asked] + [new_id()]
        plain = narrow(Edition.objects.filter(pk__in=ids).order_by("pk"))
        assert list(map(_everything, kept(editions=ids))) == list(map(_everything, plain))


def test_it_is_one_statement_prepared_once_whatever_the_values(django_assert_num_queries: Any) -> None:
    kept = KeptQuery(lambda: Edition.objects.filter(pk=_EDITION))
    edition = make_edition()
    with CaptureQueriesContext(connection) as captured:
        assert kept(edition=edition.pk) == [edition]
        assert kept(edition=new_id()) == []
        assert (kept.first(edition=edition.pk), kept.first(edition=new_id())) == (edition, None)
    assert len({captured_query["sql"] for captured_query in captured.captured_queries}) == 1
    # Two calls know nothing of each other.
    first, second = kept(edition=edition.pk)[0], kept(edition=edition.pk)[0]
    first.default_language = "xx"
    assert second.default_language == edition.default_language


def test_what_changes_the_text_is_kept_apart() -> None:
    @KeptQuery
    def newest(limit: int, is_backwards: bool) -> QuerySet[Edition]:
        return Edition.objects.filter(_AMONG).order_by("-pk" if is_backwards else "pk")[:limit]

    made = [make_edition() for _ in range(3)]
    ids = [entry.pk for entry in made]
    assert newest(2, False, editions=ids) == made[:2]
    assert newest(3, True, editions=ids) == made[::-1]
    assert newest(2, False, editions=ids) == made[:2]


def test_a_missing_value_and_a_prefetch_are_mistakes() -> None:
    with pytest.raises(KeyError, match="edition"):
        KeptQuery(lambda: Edition.objects.filter(pk=_EDITION))(other=new_id())
    with pytest.raises(TypeError, match="prefetch"):
        KeptQuery(lambda: Edition.objects.prefetch_related("pins"))()


@pytest.mark.django_db(transaction=True)
def test_threads_may_ask_for_the_first_time_together() -> None:
    edition = make_edition()
    kept = KeptQuery(lambda: Pin.objects.filter(edition=_EDITION).select_related("version").order_by("pk"))
    plain = list(Pin.objects.filter(edition=edition).order_by("pk"))

    def ask(_: int) -> Any:
        try:
            return kept(edition=edition.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(8))) == [plain] * 8


@pytest.mark.django_db(transaction=True)
def test_a_lock_outside_a_transaction_is_refused_at_every_call() -> None:
    edition = make_edition()
    kept = KeptQuery(lambda: Edition.objects.select_for_update(no_key=True).filter(pk=_EDITION))
    for _ in range(2):
        with pytest.raises(TransactionManagementError, match="select_for_update"):
            kept(edition=edition.pk)
        # Composed by now: the statement is there, and the next call outside is refused all the same.
        with transaction.atomic():
            assert kept(edition=edition.pk) == [edition]


@pytest.mark.django_db(transaction=True)
def test_what_a_thread_composed_keeps_nothing_of_that_thread() -> None:
    """A query is composed by whichever thread asks first; its connection goes with the thread, and others have theirs."""
    edition = make_edition()
    kept = KeptQuery(lambda: Edition.objects.filter(pk=_EDITION).select_related("course"))
    seen: list[weakref.ref[Any]] = []

    def ask_first() -> None:
        seen.append(weakref.ref(connections["default"]))
        assert kept(edition=edition.pk) == [edition]
        connections.close_all()

    thread = Thread(target=ask_first)
    thread.start()
    thread.join()
    gc.collect()
    assert seen[0]() is None, "the query holds the connection of the thread that composed it"
    assert kept(edition=edition.pk)[0].course == edition.course
