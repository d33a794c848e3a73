"""PostgreSQL itself keeps agencies apart: with every filter of ours removed there is still nothing of others."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError, ProgrammingError

from agencies.models import Agency, ProgressRow
from agencies.scope import agency_scope, publisher_scope
from common import clock
from common.ids import new_id
from tests.agencies.factories import drain, make_agency, make_sharing_learner

pytestmark = pytest.mark.django_db


@pytest.fixture
def agencies() -> tuple[Agency, Agency]:
    made = make_agency("PH"), make_agency("TH")
    for agency in made:
        make_sharing_learner(agency)
    drain()
    return made


def _unfiltered() -> list[object]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT agency_id FROM agencies_progressrow")
        return [row[0] for row in cursor.fetchall()]


def test_the_role_of_the_tests_is_bound_by_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)
        cursor.execute(
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = 'agencies_progressrow'"
        )
        assert cursor.fetchone() == (True, True)


def test_a_session_that_says_nothing_sees_nothing(agencies: tuple[Agency, Agency]) -> None:
    assert _unfiltered() == []
    assert not ProgressRow.objects.exists()


def test_in_an_agency_s_scope_there_are_its_own_rows_only(agencies: tuple[Agency, Agency]) -> None:
    philippine, thai = agencies
    with agency_scope(philippine.pk):
        assert _unfiltered() == [philippine.pk]
        assert not ProgressRow.objects.filter(agency=thai).exists()
    with agency_scope(thai.pk):
        assert _unfiltered() == [thai.pk]
    assert _unfiltered() == [], "the scope ends with its block"
    with publisher_scope():
        assert len(_unfiltered()) == 2
    assert _unfiltered() == []


def test_an_agency_s_scope_writes_nothing(agencies: tuple[Agency, Agency]) -> None:
    philippine, _ = agencies
    with agency_scope(philippine.pk):
        assert ProgressRow.objects.update(withdrawn=True) == 0
        assert ProgressRow.objects.all().delete()[0] == 0
    forged = ProgressRow(
        agency=philippine,
        learner_id=new_id(),
        pseudonym="x",
        member_state_id="TH",
        position=10**9,
        document={},
        changed_at=clock.now(),
    )
    with pytest.raises(ProgrammingError), agency_scope(philippine.pk):
        forged.save()
    with publisher_scope():
        assert ProgressRow.objects.filter(withdrawn=False).count() == 2


def test_a_failure_inside_leaves_no_scope_behind(agencies: tuple[Agency, Agency]) -> None:
    for scope in (agency_scope(agencies[0].pk), publisher_scope()):
        with pytest.raises(DatabaseError), scope, connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")
        assert _unfiltered() == []


@pytest.mark.django_db(transaction=True)
def test_a_pooled_connection_carries_no_scope_into_the_next_transaction() -> None:
    agency = make_agency("PH")
    with transaction.atomic():
        make_sharing_learner(agency)
    drain()
    with transaction.atomic(), agency_scope(agency.pk):
        assert len(_unfiltered()) == 1
    assert _unfiltered() == []
