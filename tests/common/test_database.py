"""Prepared statements, and connections that the server has closed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.db.backends.postgresql import base
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from common.database import prepared
from tests.factories import make_user


@pytest.mark.django_db
def test_a_statement_is_prepared_at_its_third_call_and_seen_by_the_query_log() -> None:
    sql = "SELECT 41 + %s::int"
    with CaptureQueriesContext(connection) as captured:
        for given in range(4):
            with prepared() as cursor:
                cursor.execute(sql, [given])
                assert cursor.fetchone() == (41 + given,)
    assert [one["sql"] for one in captured.captured_queries] == ["SELECT 41 + $1::int"] * 4
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT 41 + $1::int'")
        assert cursor.fetchone() == (1,)
        # Control: an ordinary cursor prepares nothing.
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%count(*)%%'")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_what_a_prepared_statement_fails_with_is_django_s() -> None:
    user = make_user()
    statement = f"INSERT INTO {User._meta.db_table} SELECT * FROM {User._meta.db_table} WHERE id = %s"
    with pytest.raises(IntegrityError), transaction.atomic(), prepared() as cursor:
        cursor.execute(statement, [user.pk])


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_the_server_closed_is_noticed_and_a_living_one_costs_no_query(monkeypatch: Any) -> None:
    asked: list[bool] = []
    ask = base.DatabaseWrapper.is_usable
    monkeypatch.setattr(base.DatabaseWrapper, "is_usable", lambda self: asked.append(True) or ask(self))
    kept = connections.create_connection("default")
    try:
        kept.connect()
        with kept.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backend = cursor.fetchone()[0]
        assert kept.is_usable()
        assert asked == []
        kept.errors_occurred = True
        assert kept.is_usable()
        assert asked == [True], "after an error the server itself is asked"
        kept.errors_occurred = False
        with connection.cursor() as cursor:
            # The answer waits for the end of that process.
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
            assert cursor.fetchone() == (True,)
        assert not kept.is_usable()
        assert asked == [True, True]
    finally:
        kept.close()
