"""A course is published again and again while many read it: nobody ever sees parts of two editions."""

from __future__ import annotations

import itertools
import json
import queue
import threading
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from courses.models import Edition
from tests.courses.factories import make_next, make_published

pytestmark = pytest.mark.django_db(transaction=True)
LANGUAGES = ("en", "th", "ja")


@dataclass
class Read:
    """What all readers saw: the editions, and what was wrong."""

    editions: set[str] = field(default_factory=set)
    count: int = 0
    wrong: list[str] = field(default_factory=list)


def _get(client: Client, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    digest = sha256(answer.content).hexdigest()
    assert answer["ETag"] == f'"{digest}"', path
    return json.loads(answer.content)


def _read_course(client: Client, language: str) -> str:
    """Read from the catalogue down to every document, as a phone does; return the edition that was found."""
    (card,) = _get(client, f"/api/v1/catalogue?language={language}")["items"]
    edition = card["id"]
    course = _get(client, f"/api/v1/editions/{edition}?language={language}")
    manifest = _get(client, f"/api/v1/editions/{edition}/manifest?language={language}")
    assert {name: course[name] for name in card} == card
    assert (manifest["edition_id"], manifest["published_at"]) == (edition, card["published_at"])
    lessons = {lesson["id"]: lesson["version"] for module in course["modules"] for lesson in module["lessons"]}
    listed = {}
    for entry in manifest["documents"]:
        document = _get(client, entry["href"])
        assert entry["href"].endswith(entry["etag"].strip('"'))
        assert document["language"] == language
        if entry["kind"] == "course":
            assert document == course
        else:
            listed[document["id"]] = document["version"]
    assert listed == lessons
    return str(edition)


def _publish_while_reading(*, readers: int, publications: int, threads: int) -> None:
    """`readers` read the whole course at least once each, `threads` at a time, until the last publication is done."""
    edition = make_published(languages=LANGUAGES, modules=2, lessons=2)
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for reader in range(readers):
        waiting.put(reader)
    read, lock, done = Read(), threading.Lock(), threading.Event()

    def work() -> None:
        client = Client()
        try:
            for turn in itertools.count():
                try:
                    reader = waiting.get_nowait()
                except queue.Empty:
                    if done.is_set():
                        return
                    reader = turn
                found = _read_course(client, LANGUAGES[reader % len(LANGUAGES)])
                with lock:
                    read.editions.add(found)
                    read.count += 1
        except BaseException as error:  # the main thread tells it
            with lock:
                read.wrong.append(repr(error))
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    try:
        for _ in range(publications):
            edition = make_next(edition)
    finally:
        done.set()
        for worker in workers:
            worker.join()
    assert read.wrong == []
    assert read.count >= readers
    published = {str(pk) for pk in Edition.objects.values_list("pk", flat=True)}
    assert len(published) == publications + 1
    assert read.editions <= published
    # They did read while it was published, and not only before or after.
    assert len(read.editions) > 1


def test_twenty_readers_see_whole_editions_during_four_publications() -> None:
    _publish_while_reading(readers=20, publications=4, threads=4)


@pytest.mark.slow
def test_two_hundred_readers_see_whole_editions_during_twenty_publications() -> None:
    _publish_while_reading(readers=200, publications=20, threads=20)
