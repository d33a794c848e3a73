"""An authority's look of certificates in the admin: drafted, previewed, published, and not by others."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client

from accounts.roles import MARKER, REVIEWER, STATE_ADMINISTRATOR, TRAINER
from common import clock
from credentials.admin.paper import TEXT_FIELDS
from credentials.models import PaperDesign
from credentials.paper import samples, services, typesetting
from credentials.paper.errors import DesignIncomplete, DraftExists, NotADraft
from privacy.models import AuditEntry
from tests.credentials.certificates.pictures import SVG, png
from tests.factories import make_user

pytestmark = pytest.mark.django_db

LIST = "/admin/credentials/paperdesign/"


@pytest.fixture(autouse=True)
def _without_second_factor(settings: Any) -> None:
    settings.STAFF_MFA_REQUIRED = False


def _staff(role: str | None, state: str | None = None) -> Client:
    user = make_user(is_staff=True, member_state_id=state)
    if role is not None:
        user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def _typed(**given: Any) -> dict[str, Any]:
    return {"issuer": "jp", "accent": "#8A1538", **dict.fromkeys(TEXT_FIELDS, ""), **given}


def _errors(html: str) -> str:
    return " ".join(
        re.findall(r"is larger[^<]*|is neither[^<]*|may have[^<]*|is too light[^<]*|has a draft[^<]*", html)
    )


def test_a_trainer_drafts_and_the_states_administrator_publishes() -> None:
    trainer, administrator = _staff(TRAINER), _staff(STATE_ADMINISTRATOR, "JP")
    typed = _typed(
        logo=SimpleUploadedFile("logo.svg", SVG),
        signature=SimpleUploadedFile("signature.png", png()),
        heading_en="Certificate of competence",
        signatory_en="Aoi Sato",
        signatory_ja="佐藤  葵",
        office_ja="長官",
        statement_en="has earned {achievement}",
    )
    answer = trainer.post(f"{LIST}add/", typed)
    assert answer.status_code == 302, _errors(answer.content.decode())
    draft = PaperDesign.objects.get()
    assert (draft.accent, draft.version, bytes(draft.signature)) == ("#8a1538", None, png())
    assert draft.texts == {
        "en": {
            "heading": "Certificate of competence",
            "statement": "has earned {achievement}",
            "signatory": "Aoi Sato",
        },
        "ja": {"signatory": "佐藤 葵", "office": "長官"},
    }
    preview = f"{LIST}{draft.pk}/preview/"
    assert "Publish this design" not in trainer.get(preview, follow=True).content.decode()
    assert trainer.post(preview, {"do": "publish"}).status_code == 403
    page = administrator.get(preview).content.decode()
    assert "Publish this design" in page
    assert page.count("<img src=") >= len(samples.languages())
    picture = administrator.get(f"{LIST}{draft.pk}/preview/lo.png")
    assert (picture["Content-Type"], picture.content[:4]) == ("image/png", b"\x89PNG")
    assert administrator.post(preview, {"do": "publish"}).status_code == 302
    draft.refresh_from_db()
    assert (draft.version, draft.published_at is None) == (1, False)
    actions = AuditEntry.objects.filter(action__startswith="paper_design").order_by("pk")
    assert [action.action for action in actions] == ["paper_design.drafted", "paper_design.published"]
    shown = trainer.get(f"{LIST}{draft.pk}/change/").content.decode()
    assert 'name="accent"' not in shown
    assert trainer.post(f"{LIST}{draft.pk}/change/", typed).status_code in (302, 403)
    assert trainer.post(f"{LIST}{draft.pk}/delete/", {"post": "yes"}).status_code in (302, 403)
    assert trainer.post(preview, {"do": "redraft"}).status_code == 302
    second = PaperDesign.objects.get(version__isnull=True)
    assert (second.texts, bytes(second.logo)) == (draft.texts, bytes(draft.logo))
    kept = trainer.post(f"{LIST}{second.pk}/change/", _typed(without_logo="on", heading_th="ใบรับรอง"))
    assert kept.status_code == 302
    second.refresh_from_db()
    assert (second.texts, bytes(second.logo), bytes(second.signature)) == ({"th": {"heading": "ใบรับรอง"}}, b"", png())
    assert second.issuer_id == "jp"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"logo": SimpleUploadedFile("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>")}, ""),
        ({"logo": SimpleUploadedFile("a.gif", b"GIF89a")}, "is neither"),
        ({"signature": SimpleUploadedFile("a.png", b"x" * 300_000)}, "is larger"),
        ({"statement_en": "{request.user}"}, "may have"),
        ({"accent": "#ffff00"}, "is too light"),
        ({"heading_en": "x" * 61}, ""),
        ({"issuer": "nowhere"}, ""),
    ],
)
def test_what_cannot_stand_on_paper_is_told_in_the_form(given: dict[str, Any], reason: str) -> None:
    answer = _staff(TRAINER).post(f"{LIST}add/", _typed(**given))
    assert answer.status_code == 200
    assert reason in _errors(answer.content.decode())
    assert not PaperDesign.objects.exists()


def test_an_authority_has_one_draft_at_a_time() -> None:
    trainer = _staff(TRAINER)
    assert trainer.post(f"{LIST}add/", _typed()).status_code == 302
    again = trainer.post(f"{LIST}add/", _typed())
    assert (again.status_code, "has a draft already" in again.content.decode()) == (200, True)
    assert trainer.post(f"{LIST}add/", _typed(issuer="id")).status_code == 302


def test_budis_administrator_has_nothing_to_say_in_japan() -> None:
    draft = PaperDesign.objects.create(issuer_id="jp", texts={"en": {"heading": "Of Japan"}})
    regional = PaperDesign.objects.create(issuer_id="regional")
    budi = _staff(STATE_ADMINISTRATOR, "ID")
    assert "jp" not in re.findall(r"paperdesign/[^>]*>([^<]*)<", budi.get(LIST).content.decode())
    for design in (draft, regional):
        for path in ("change/", "preview/", "preview/en.png", "delete/"):
            for answer in (
                budi.get(f"{LIST}{design.pk}/{path}"),
                budi.post(f"{LIST}{design.pk}/{path}", {"do": "publish"}),
            ):
                assert answer.status_code in (302, 403, 404), (path, answer.status_code)
                assert "Of Japan" not in answer.content.decode()
    for other in ("jp", "regional"):
        answer = budi.post(f"{LIST}add/", _typed(issuer=other))
        assert answer.status_code == 200
    assert {paper_design.version for paper_design in PaperDesign.objects.all()} == {None}
    assert PaperDesign.objects.count() == 2
    assert budi.post(f"{LIST}add/", _typed(issuer="id")).status_code == 302


def test_dao_and_whoever_only_looks_change_nothing() -> None:
    draft = PaperDesign.objects.create(issuer_id="jp")
    for client, sees in ((_staff(REVIEWER), True), (_staff(MARKER), False), (_staff(None), False), (Client(), False)):
        for path in ("preview/", "preview/en.png"):
            assert (client.get(f"{LIST}{draft.pk}/{path}").status_code == 200) is sees
        for path, sent in (("add/", _typed(issuer="id")), (f"{draft.pk}/change/", _typed())):
            assert client.post(f"{LIST}{path}", sent).status_code in (302, 403)
        for wanted in ("publish", "redraft", ""):
            assert client.post(f"{LIST}{draft.pk}/preview/", {"do": wanted}).status_code in (302, 403)
    draft.refresh_from_db()
    assert (draft.accent, draft.version, PaperDesign.objects.count()) == ("#1b2a41", None, 1)


def test_a_sample_there_is_not() -> None:
    draft = PaperDesign.objects.create(issuer_id="jp")
    trainer = _staff(TRAINER)
    assert trainer.get(f"{LIST}{draft.pk}/preview/xx.png").status_code == 404
    assert trainer.get(f"{LIST}{'0' * 8}-0000-0000-0000-{'0' * 12}/preview/en.png").status_code == 404


def test_without_a_font_the_preview_says_which_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    without = typesetting.Typesetter(with_system_fonts=False)
    monkeypatch.setattr(typesetting, "typesetter", lambda: without)
    draft = PaperDesign.objects.create(issuer_id="jp")
    answer = _staff(TRAINER).get(f"{LIST}{draft.pk}/preview/zh-hans.png")
    assert (answer.status_code, b"U+" in answer.content) == (422, True)


def test_publishing_is_once_and_complete() -> None:
    now = clock.now()
    draft = PaperDesign.objects.create(issuer_id="jp", signature=png(), texts={"en": {"heading": "X"}})
    with pytest.raises(DesignIncomplete, match="nobody is named"):
        services.publish(design_id=draft.pk, actor="test", now=now)
    PaperDesign.objects.filter(pk=draft.pk).update(texts={"en": {"signatory": "Enkidu \U00012000"}})
    with pytest.raises(DesignIncomplete, match=r"signatory \(en\): no font has U\+12000"):
        services.publish(design_id=draft.pk, actor="test", now=now)
    PaperDesign.objects.filter(pk=draft.pk).update(texts={"en": {"signatory": "Aoi", "statement": "{name}"}})
    assert services.publish(design_id=draft.pk, actor="test", now=now).version == 1
    with pytest.raises(NotADraft):
        services.publish(design_id=draft.pk, actor="test", now=now)
    second = services.redraft(design_id=draft.pk, actor="test")
    with pytest.raises(DraftExists):
        services.redraft(design_id=draft.pk, actor="test")
    assert services.publish(design_id=second.pk, actor="test", now=now).version == 2


@pytest.mark.parametrize("change", ["update", "delete"])
def test_what_was_published_stays_also_for_the_database(change: str) -> None:
    design = PaperDesign.objects.create(issuer_id="jp")
    services.publish(design_id=design.pk, actor="test", now=clock.now())
    rows = PaperDesign.objects.filter(pk=design.pk)
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        rows.update(accent="#000000") if change == "update" else rows.delete()


def test_a_colour_that_is_code_is_refused_by_the_database() -> None:
    with pytest.raises(DatabaseError, match="accent_is_a_colour"), transaction.atomic():
        PaperDesign.objects.create(issuer_id="jp", accent='"+x+"')
