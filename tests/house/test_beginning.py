"""A test that commits leaves nothing to the next, whatever it did to the reference data."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.db import connection, transaction

from common.ids import new_id
from courses.models import Framework
from events import public as events
from learners.events import Enrolled
from learners.models import Learner
from member_states.models import MemberState
from privacy.models import AuditEntry
from tests.beginning import Beginning
from tests.factories import make_learner


def _rows() -> dict[str, list[str]]:
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT t::text FROM {table} AS t ORDER BY 1")
            found[table] = [row for (row,) in cursor.fetchall()]
    return found


@pytest.mark.django_db(transaction=True)
def test_what_was_committed_goes_and_what_was_there_comes_back() -> None:
    beginning, before = Beginning(), _rows()
    assert before["member_states_memberstate"]
    make_learner()
    with transaction.atomic():
        events.record(Enrolled(learner_id=new_id(), edition_id=new_id(), course_id=new_id(), enrolment_id=new_id()))
    Permission.objects.all().delete()
    MemberState.objects.filter(pk="TH").update(name="Siam")
    Framework.objects.update(current=False)
    assert _rows() != before
    beginning.put_back()
    assert _rows() == before
    assert not Learner.objects.exists()
    assert not AuditEntry.objects.exists()
