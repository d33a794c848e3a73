"""Prepared statements, and connections that the server has closed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from allauth.headless.tokens.strategies.jwt import internal
from django.core.handlers.wsgi import WSGIHandler
from django.db import DatabaseError, IntegrityError, OperationalError, connection, connections, transaction
from django.db.backends.postgresql import base
from django.db.transaction import TransactionManagementError
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.tokens import TokenStrategy
from common.database import run_prepared
from common.postgresql.base import DatabaseWrapper
from tests.factories import make_user

_PREPARED = "SELECT statement FROM pg_prepared_statements WHERE statement LIKE %s"


@pytest.fixture
def another() -> Iterator[DatabaseWrapper]:
    """A connection of its own, which no transaction of the test's is under way on."""
    made = connections.create_connection("default")
    assert isinstance(made, DatabaseWrapper)
    yield made
    made.close()


@pytest.mark.django_db
def test_a_statement_is_prepared_once_and_seen_by_the_query_log() -> None:
    sql = "SELECT 41 + %s::int, '100 %%'"
    with CaptureQueriesContext(connection) as captured:
        assert [run_prepared(sql, [given]) for given in range(3)] == [[(41 + given, "100 %")] for given in range(3)]
    assert [captured_query["sql"] for captured_query in captured.captured_queries] == [
        "SELECT 41 + $1::int, '100 %'"
    ] * 3
    with connection.cursor() as cursor:
        cursor.execute(_PREPARED, ["SELECT 41 +%"])
        assert cursor.fetchall() == [("SELECT 41 + $1::int, '100 %'",)]
        # Control: an ordinary cursor prepares nothing.
        cursor.execute(_PREPARED, ["SELECT statement%"])
        assert cursor.fetchall() == []
    assert run_prepared(sql, [None]) == [(None, "100 %")]


@pytest.mark.django_db
def test_what_a_prepared_statement_fails_with_is_django_s() -> None:
    user = make_user()
    statement = f"INSERT INTO {User._meta.db_table} SELECT * FROM {User._meta.db_table} WHERE id = %s"
    with pytest.raises(IntegrityError), transaction.atomic():
        run_prepared(statement, [user.pk])
    with transaction.atomic():
        with suppress(IntegrityError), transaction.atomic(savepoint=False):
            run_prepared(statement, [user.pk])
        with pytest.raises(TransactionManagementError):
            run_prepared("SELECT 1")


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_begins_with_a_prepared_statement_can_be_rolled_back(another: DatabaseWrapper) -> None:
    user = make_user()
    another.ensure_connection()
    another.set_autocommit(False)
    another.run_prepared(f"UPDATE {User._meta.db_table} SET username = 'ai' WHERE id = %s::uuid", [user.pk])
    user.refresh_from_db()
    assert user.username != "ai", "nobody else sees it yet"
    another.rollback()
    another.set_autocommit(True)
    user.refresh_from_db()
    assert user.username != "ai"


@pytest.mark.django_db(transaction=True)
def test_a_transaction_begins_as_the_settings_say(another: DatabaseWrapper) -> None:
    another.settings_dict = {
        **another.settings_dict,
        "OPTIONS": {"isolation_level": psycopg.IsolationLevel.SERIALIZABLE},
    }
    another.ensure_connection()
    another.set_autocommit(False)
    assert another.run_prepared("SHOW transaction_isolation") == [("serializable",)]
    another.rollback()
    another.set_autocommit(True)


@pytest.mark.django_db(transaction=True)
def test_another_thread_s_connection_is_refused(another: DatabaseWrapper) -> None:
    another.ensure_connection()
    with ThreadPoolExecutor(1) as pool, pytest.raises(DatabaseError, match="thread"):
        pool.submit(another.run_prepared, "SELECT 1").result()


@pytest.mark.django_db(transaction=True)
def test_a_request_after_the_database_was_restarted_is_answered(monkeypatch: Any) -> None:
    """Its first statement, the account of the token, finds the kept connection dead and takes a new one."""
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 600)
    user = make_user()
    session: Any = SimpleNamespace(session_key=user.pk.hex)
    token = internal.create_access_token(user, session, TokenStrategy().get_claims(user))
    environ = {
        **RequestFactory()._base_environ(path="/api/v1/me/attempts"),
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "HTTP_HOST": "testserver",
    }

    def status() -> str:
        statuses: list[str] = []
        answer = WSGIHandler()(environ, lambda given, *_: statuses.append(given))
        answer.close()
        return statuses[0]

    connection.close()
    assert status() == "200 OK"
    (kept,) = run_prepared("SELECT pg_backend_pid()")
    with ThreadPoolExecutor(1) as pool:
        pool.submit(_end, kept[0]).result()
    assert status() == "200 OK"
    assert run_prepared("SELECT pg_backend_pid()") != [kept]


def _end(backend: int) -> None:
    """End a backend, from a connection of this thread's own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_behind_a_pooler_nothing_is_left_on_the_server(another: DatabaseWrapper) -> None:
    another.settings_dict = {**another.settings_dict, "OPTIONS": {"prepare_threshold": None}}
    for given in (1, 2):
        assert another.run_prepared("SELECT 71 + %s::int", [given]) == [(71 + given,)]
    with another.cursor() as cursor:
        cursor.execute(_PREPARED, ["SELECT 71 +%"])
        assert cursor.fetchall() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("lost_by", ["DEALLOCATE ALL", "ALTER TABLE kept ADD COLUMN more int"])
def test_a_statement_that_the_server_can_no_longer_run_is_prepared_anew(another: DatabaseWrapper, lost_by: str) -> None:
    with another.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE kept (one int)")
        cursor.execute("INSERT INTO kept VALUES (1)")
        assert another.run_prepared("SELECT * FROM kept") == [(1,)]
        cursor.execute(lost_by)
        with pytest.raises(DatabaseError):
            another.run_prepared("SELECT * FROM kept")
        assert another.run_prepared("SELECT * FROM kept")[0][0] == 1


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_breaks_under_a_prepared_statement_is_transient(another: DatabaseWrapper) -> None:
    (pid,) = another.run_prepared("SELECT pg_backend_pid()")[0]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    with pytest.raises(OperationalError):
        another.run_prepared("SELECT pg_backend_pid()")
    assert another.errors_occurred
    another.close_if_unusable_or_obsolete()
    assert another.run_prepared("SELECT pg_backend_pid()") != [(pid,)]


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
