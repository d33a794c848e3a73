"""What everybody reads, in CPU per request, beside a Django view that answers constant bytes through the same middleware."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import override_settings
from django.urls import path

from benchmarks.measure import Figure, Spent
from config import starter_course
from config.urls import urlpatterns as product
from learners.models import Learner
from tests.factories import signed_in


def _bare(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"{}", content_type="application/json")


ROUNDS, EACH = 60, 20

# The bare answer first: no route is tried before its own.
urlpatterns = [path("bare", _bare), *product]


def run() -> list[Figure]:
    """Measure each read as CPU of the process and its PostgreSQL backend."""
    starter_course.load()
    learner = Learner.objects.order_by("pk").first()
    if learner is None:
        raise RuntimeError("mastery's benchmark makes the learner; run it before")
    connection.ensure_connection()
    backend = connection.connection.info.backend_pid
    with override_settings(ROOT_URLCONF="benchmarks.reads"):
        anonymous, person = Client(), signed_in(learner.user)
        etag = anonymous.get("/api/v1/catalogue")["ETag"]
        edition = anonymous.get("/api/v1/catalogue").json()["items"][0]["id"]
        lesson = anonymous.get(f"/api/v1/editions/{edition}").json()["modules"][0]["lessons"][0]["id"]
        manifest = anonymous.get(f"/api/v1/editions/{edition}/manifest").json()
        document = next(entry["href"] for entry in manifest["documents"] if entry["kind"] == "lesson")
        reads = {
            "bare": lambda: anonymous.get("/bare"),
            "home": lambda: person.get("/api/v1/home"),
            "catalogue": lambda: anonymous.get("/api/v1/catalogue"),
            "catalogue, 304": lambda: anonymous.get("/api/v1/catalogue", HTTP_IF_NONE_MATCH=etag),
            "lesson": lambda: person.get(f"/api/v1/lessons/{lesson}"),
            "document": lambda: anonymous.get(document),
        }
        for name, read in reads.items():
            answer = read()
            if answer.status_code != (304 if name.endswith("304") else 200):
                raise RuntimeError(f"{name}: {answer.status_code}")
        spent = {name: Spent(backend) for name in reads}
        for _ in range(ROUNDS):
            for name, read in reads.items():
                spent[name].measure([read] * EACH)
    bare = spent.pop("bare").per_call()
    limit = ("bare Django response", f"{bare * 1000:.2f} ms")
    found = {name: ours.per_call() for name, ours in spent.items()}
    return [
        *(
            Figure(f"GET {name}, CPU per request", f"{ours * 1000:.2f} ms", *limit, ours / bare)
            for name, ours in found.items()
        ),
        Figure(
            "GET catalogue, 304, CPU per request",
            f"{found['catalogue, 304'] * 1000:.2f} ms",
            "its 200",
            f"{found['catalogue'] * 1000:.2f} ms",
            found["catalogue, 304"] / found["catalogue"],
        ),
    ]
