"""Proposing and publishing a course of 60 lessons in 14 languages, beside the least that each has to do."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from django.conf import settings
from django.db import connection

from benchmarks.measure import Figure, backend_cpu
from common.languages import canonical
from config import starter_course
from courses.models import LessonText, Page
from courses.publishing.compiling import compile_edition
from courses.publishing.markdown import to_html
from courses.publishing.selectors import content_of_edition, names_of
from courses.publishing.services import propose, publish
from tests.courses.factories import make_course

ROUNDS, MODULES, LESSONS = 5, 6, 10

_COLUMNS = "edition_id, ref, kind, language, document_id"


def run() -> list[Figure]:
    """Measure the CPU of the process and its PostgreSQL backend; each round with a course of its own."""
    starter_course.load()
    languages = tuple(canonical(code) for code, _ in settings.LANGUAGES)
    # A lesson of the usual length, with lists and emphasis.
    body = max(LessonText.objects.values_list("body", flat=True), key=len)
    connection.ensure_connection()
    backend = connection.connection.info.backend_pid

    def spent(call: Callable[[], object]) -> float:
        before = time.process_time() + backend_cpu(backend)
        call()
        return time.process_time() + backend_cpu(backend) - before

    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE bench_page (LIKE courses_page INCLUDING ALL)")
    proposing, publishing, compiling, rendering, inserting = [], [], [], [], []
    for _ in range(ROUNDS):
        course = make_course(languages=languages, modules=MODULES, lessons=LESSONS, body=body)
        proposing.append(spent(lambda course=course: propose(course_id=course.pk, actor="bench")))  # type: ignore[misc]
        edition = course.editions.get()
        content = content_of_edition(edition.pk)
        names = names_of(edition.framework_id)
        compiling.append(
            spent(lambda: compile_edition(content, names=names, edition_id=edition.pk, number=edition.number))  # noqa: B023
        )
        bodies = [words.body for lesson in content.lessons() for words in lesson.texts.values()]
        rendering.append(spent(lambda: [to_html(body) for body in bodies]))  # noqa: B023
        publishing.append(spent(lambda: publish(edition_id=edition.pk, actor="bench")))  # noqa: B023
        rows = list(zip(*Page.objects.filter(edition=edition).values_list(*_COLUMNS.split(", ")), strict=True))
        inserting.append(spent(lambda: _insert(rows)))  # noqa: B023
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bench_page")
    # The mean, for the clock of the backend is coarse.
    propose_s, publish_s, compile_s, render_s, insert_s = map(
        statistics.mean, (proposing, publishing, compiling, rendering, inserting)
    )

    def figure(name: str, ours: float, limit_name: str, limit: float) -> Figure:
        return Figure(name, f"{ours * 1000:.0f} ms", limit_name, f"{limit * 1000:.0f} ms", ours / limit)

    return [
        figure("proposing 60 lessons in 14 languages, CPU", propose_s, "compiling its documents, pure", compile_s),
        figure("the same", propose_s, "rendering its Markdown alone", render_s),
        figure("publishing it, CPU", publish_s, "one INSERT of its Page rows, without triggers", insert_s),
    ]


def _insert(columns: list[tuple[object, ...]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO bench_page ({_COLUMNS}) SELECT * FROM"
            " unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[])",
            [list(column) for column in columns],
        )
