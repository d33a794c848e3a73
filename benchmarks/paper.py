"""Certificates on paper: set anew beside the typesetter alone, and read again beside a bare answer of the same bytes."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import typst
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import override_settings
from django.urls import path

from benchmarks.measure import Figure, cpu_per_call
from common import clock
from config.urls import urlpatterns as product
from credentials.models import Certificate
from credentials.paper import badges, pages, rendering_cache
from credentials.paper.selectors import PLAIN
from credentials.paper.typesetting import Sheet, Typesetter, typesetter
from tests.credentials.certificates.factories import shown_of

PAGES = 40
_body: list[bytes] = []


def _bare(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_body[-1], content_type="application/pdf")


urlpatterns = [*product, path("bare", _bare)]


def run() -> list[Figure]:
    """Pages for `PAGES` names in Thai, of which the typesetter remembers nothing but what they share."""
    certificate = Certificate.objects.select_related("key", "award__achievement").order_by("pk")[0]
    setter, now = typesetter(), clock.now()
    numbers = itertools.count()

    def sheet() -> Sheet:
        return pages.page(
            shown_of(certificate, "th", name=f"กัญญารัตน์ เทพหัสดิน {next(numbers)}"),
            public_code=certificate.public_code,
            credential=certificate.credential,
            design=PLAIN,
            expired=False,
            now=now,
            typesetter=setter,
        )

    ours = cpu_per_call(lambda: setter.make(sheet()), times=PAGES)
    bare = _Bare(setter)
    limit = cpu_per_call(lambda: bare.make(sheet()), times=PAGES)
    name = f"{limit * 1000:.1f} ms"
    figures = [Figure("page, set anew", f"{ours * 1000:.1f} ms", "typst alone, same page", name, ours / limit)]
    picture = badges.badge(shown_of(certificate, "th", name=""), design=PLAIN, typesetter=setter, format="png")
    baked = cpu_per_call(lambda: badges.baked(setter.make(picture), certificate.credential, format="png"), times=PAGES)
    figures.append(
        Figure("baked picture, set anew", f"{baked * 1000:.1f} ms", "typst alone, a page", name, baked / limit)
    )
    return figures + _kept(certificate)


def _kept(certificate: Certificate) -> list[Figure]:
    """What is kept, asked for again: by this process, and by another one that finds it in the table."""
    backend = connection.connection.info.backend_pid
    address = f"/verify/{certificate.public_code}/pdf?language=th"
    with override_settings(ROOT_URLCONF="benchmarks.paper"):
        client = Client()
        _body.append(client.get(address).content)

        def far() -> None:
            rendering_cache.near.clear()
            client.get(address)

        bare = cpu_per_call(lambda: client.get("/bare"), times=200, backend=backend)
        limit = ("bare Django response, same bytes", f"{bare * 1000:.2f} ms")
        figures = []
        for name, read in (("the process", lambda: client.get(address)), ("the table", far)):
            ours = cpu_per_call(read, times=100, backend=backend)
            figures.append(Figure(f"GET page, kept in {name}", f"{ours * 1000:.2f} ms", *limit, ours / bare))
    return figures


class _Bare:
    """The typesetter with a page's data and nothing round it: no check of characters, no archive, no attachment."""

    def __init__(self, setter: Typesetter) -> None:
        self._root = Path(setter._root)
        self._fonts = setter.fonts
        self._compiler = typst.Compiler(
            self._root / "certificate.typ", root=str(self._root), font_paths=setter.fonts.found
        )

    def make(self, sheet: Sheet) -> bytes:
        words = {**sheet.words, "look": sheet.look, "languages": sheet.languages}
        families = {name: self._fonts.ordered(language) for name, language in sheet.languages.items()}
        for name, content in (("data", json.dumps(words)), ("families", json.dumps(families)), ("credential", "")):
            (self._root / f"{name}.json").write_text(content)
        made = self._compiler.compile(format="pdf", timestamp=0)
        assert isinstance(made, bytes)
        return made
