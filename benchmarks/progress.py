"""Writing progress: the whole request beside pgbench running the same statement on the same rows."""

from __future__ import annotations

import re
import subprocess
import tempfile
from typing import Any

import psycopg
from django.db import connection

from benchmarks.measure import Figure, per_second
from common.ids import new_id
from config.local import postgres
from courses.public import edition
from learners.models import Enrolment, Learner
from tests.factories import make_learner, signed_in


def _pgbench(statement: str) -> float:
    """Transactions per second of `statement` by one pgbench client."""
    binaries = postgres.packaged_binaries()
    database = connection.settings_dict
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(statement.rstrip(";") + ";\n")
        script.flush()
        done = subprocess.run(
            [
                str(binaries / "bin" / "pgbench"),
                "-n",
                "-c",
                "1",
                "-T",
                "4",
                "-M",
                "simple",
                "-f",
                script.name,
                "-h",
                str(database["HOST"]),
                "-p",
                str(database["PORT"]),
                "-U",
                str(database["USER"]),
                str(database["NAME"]),
            ],
            env={"PGPASSWORD": str(database["PASSWORD"]), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None:
        raise RuntimeError(f"pgbench: {done.stderr[-500:]}")
    return float(found.group(1))


def run() -> list[Figure]:
    """PUT the progress of one lesson, each time a little further, against the bare upsert."""
    some = Enrolment.objects.order_by("pk").first()
    if some is None:
        raise RuntimeError("the certificates' benchmark makes the enrolments; run it first")
    lessons = edition(some.edition_id).lessons  # type: ignore[union-attr]
    learner: Learner = make_learner()
    from tests.learners.factories import give_consent

    give_consent(learner)
    client = signed_in(learner.user)
    enrolment = str(new_id())
    answer = client.put(f"/api/v1/me/enrolments/{enrolment}", {"edition_id": str(some.edition_id)}, format="json")
    if answer.status_code not in (200, 201):
        raise RuntimeError(f"enrolment: {answer.status_code} {answer.content[:300]!r}")
    state = {"n": 0}

    def put() -> None:
        state["n"] += 1
        body = {
            "lessons": [
                {"lesson_id": str(lessons[state["n"] // 90 % 3].id), "furthest": state["n"] % 90, "done_at": None}
            ]
        }
        if client.put(f"/api/v1/me/enrolments/{enrolment}/progress", body, format="json").status_code != 200:
            raise RuntimeError("progress was refused")

    upserts: list[str] = []

    def note(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if "INSERT INTO learners_lessonprogress" in sql:
            upserts.append(psycopg.ClientCursor(connection.connection).mogrify(sql, parameters))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(note):
        put()
    (upsert,) = upserts
    ours = per_second(put, times=200)
    limit = _pgbench(upsert)
    return [
        Figure(
            "progress writes, whole request",
            f"{ours:.0f}/s",
            "pgbench, the same upsert alone",
            f"{limit:.0f}/s",
            ours / limit,
        )
    ]
