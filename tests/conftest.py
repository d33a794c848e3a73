"""Fixtures of every test: real PostgreSQL and Redis (config.settings.test), and the reference data of the product."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from django.db import connection, connections
from django.db.models.signals import pre_migrate
from django.test import TransactionTestCase
from django.test.utils import CaptureQueriesContext

from config.local import session
from config.local.migrated import PRIVILEGES
from courses import public as courses
from events import kinds
from events.kinds import Event
from tests import documented


def _privileges_of_production(app_config: Any, using: str, **_: Any) -> None:
    """Before the first migration, also on a server that DATABASE_URL names."""
    if app_config.label != "accounts":
        return
    with connections[using].cursor() as cursor:
        cursor.execute(PRIVILEGES)


pre_migrate.connect(_privileges_of_production)


def pytest_configure() -> None:
    """Every answer of every test client is held against the OpenAPI documents; `undocumented` marks an exception."""
    documented.install()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    if item.get_closest_marker("undocumented") is None:
        return (yield)
    with documented.unchecked():
        return (yield)


# Thousands of tests and all modules live as long as the process: to look through them for garbage at every 700 objects
# takes a tenth of its time.
gc.set_threshold(50_000, 20, 100)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts processes of its own comes first: such a test at the end would keep one worker busy and the other idle."""
    items.sort(key=lambda item: item.get_closest_marker("worker") is None)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_keepdb(request: pytest.FixtureRequest) -> bool:
    """A server of this process came with a migrated database; one that DATABASE_URL names gets Django's own, as always."""
    return session.postgres_of_this_process() is not None or bool(request.config.getvalue("reuse_db"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request: pytest.FixtureRequest) -> None:
    """A server that all test processes share needs a database for each; of our own servers each process has one."""
    if session.postgres_of_this_process() is None:
        request.getfixturevalue("django_db_modify_db_settings_parallel_suffix")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Every test with a database finds the states, the framework and the purposes, also after one that committed."""
    from tests.beginning import Beginning

    with django_db_blocker.unblock():
        beginning = Beginning()
    patched = pytest.MonkeyPatch()
    patched.setattr(TransactionTestCase, "_fixture_teardown", lambda case: beginning.put_back())
    yield
    patched.undo()


@pytest.fixture
def _reference_data(request: pytest.FixtureRequest) -> None:
    """The database, for fixtures that write to it: in a transaction of the test's own, or committed, as its mark says."""
    marker = request.node.get_closest_marker("django_db")
    committing = "transactional_db" in request.fixturenames or bool(marker and marker.kwargs.get("transaction"))
    request.getfixturevalue("transactional_db" if committing else "db")


@pytest.fixture(scope="session", autouse=True)
def _framework_is_kept() -> Iterator[None]:
    """Else the minute for which it is kept ends in the middle of some test's query budget, and reading it is seven."""
    patched = pytest.MonkeyPatch()
    patched.setattr("common.caches.seconds", lambda: 0.0)
    yield
    patched.undo()


@pytest.fixture(scope="session", autouse=True)
def _what_is_recorded_can_be_read() -> Iterator[None]:
    """A member of the wrong type fails whoever made the event, rather than a consumer that no test may have."""

    from events import services  # its models need Django, which is set up by now

    def encode_and_read(events: Sequence[Event]) -> str:
        text = kinds.encode(events)
        for event in events:
            kinds.decode(type(event), kinds.encode([event])[1:-1])
        return text

    patched = pytest.MonkeyPatch()
    patched.setattr(services, "encode", encode_and_read)
    yield
    patched.undo()


@pytest.fixture
def query_budget() -> Callable[[int], AbstractContextManager[None]]:
    """`with query_budget(3): …` fails above the budget and prints the SQL."""

    @contextmanager
    def budget(most: int) -> Iterator[None]:
        # Every process has read the framework by its second request; a test before this one may have had it forgotten.
        courses.framework()
        with CaptureQueriesContext(connection) as captured:
            yield
        queries = [query["sql"] for query in captured.captured_queries]
        assert len(queries) <= most, f"{len(queries)} queries, {most} allowed:\n" + "\n".join(queries)

    return budget
