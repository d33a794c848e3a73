"""A state opens to learners when a person has reviewed, in its main language, what everybody there has to consent to."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.public import STATE_ADMINISTRATOR, TRAINER, ensure_roles
from learners.models import Learner
from member_states import public as member_states
from privacy.models import AuditEntry, PurposeText, PurposeTextReview
from tests.factories import make_user, signed_in

pytestmark = pytest.mark.django_db
ADD = "/admin/privacy/purposetextreview/add/"
PROFILE: dict[str, Any] = {"legal_name": "Dara", "languages": ["en"], "birth_year": 1990}


@pytest.fixture
def reviewing(settings: Any) -> None:
    """As in production."""
    settings.CONSENT_REVIEW_REQUIRED = True
    ensure_roles()


def staff(role: str, state: str | None) -> Client:
    person = make_user(is_staff=True, member_state_id=state)
    person.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(person)
    return client


def begin(state: str) -> Any:
    return signed_in(make_user()).put("/api/v1/me/profile", {**PROFILE, "member_state": state})


def text_in(language: str) -> PurposeText:
    return PurposeText.objects.filter(purpose="learning_records", language=language).latest("version")


@pytest.mark.parametrize("state", sorted(["BN", "ID", "JP", "KH", "LA", "MM", "MY", "PH", "SG", "TH", "TL", "VN"]))
def test_every_state_s_main_language_has_a_text_and_drafts_are_marked(state: str) -> None:
    main = member_states.languages(state)[0]
    text = text_in(main)
    assert text.machine_drafted is (main != "en")
    english = text_in("en")
    assert text.version == english.version
    assert text.body.count("\n\n") == english.body.count("\n\n")
    assert main == "en" or text.body != english.body


def test_khmer_learners_begin_once_a_person_has_read_the_khmer_text(reviewing: None, client: Client) -> None:
    for state, language in (("KH", "km"), ("JP", "ja"), ("BN", "ms"), ("TL", "tet")):
        refused = begin(state)
        assert (refused.status_code, refused.json()["code"], refused.json()["language"]) == (
            409,
            "state_not_open",
            language,
        )
    assert begin("SG").status_code == 201, "the English text was written by people"
    assert Learner.objects.count() == 1

    khmer = text_in("km")
    made = staff(STATE_ADMINISTRATOR, "KH").post(ADD, {"text": khmer.pk, "reviewer": "S. Chan, Ministry of Labour"})
    assert made.status_code == 302, made.content
    review = PurposeTextReview.objects.get()
    assert (review.text, review.reviewer, review.recorded_by.member_state_id) == (
        khmer,
        "S. Chan, Ministry of Labour",
        "KH",
    )
    assert AuditEntry.objects.get(action="purpose_text_reviewed").actor == str(review.recorded_by_id)
    assert begin("KH").status_code == 201
    assert begin("JP").status_code == 409
    shown = {
        text["language"]: text["machine_drafted"]
        for purpose in client.get("/api/v1/purposes").json()["items"]
        if purpose["code"] == "learning_records"
        for text in purpose["texts"]
    }
    assert (shown["km"], shown["ja"], shown["en"]) == (False, True, False)


def test_who_may_not_record_a_review_opens_nothing(reviewing: None) -> None:
    khmer, form = text_in("km"), {"text": text_in("km").pk, "reviewer": "Somebody"}
    assert staff(STATE_ADMINISTRATOR, "JP").post(ADD, form).status_code == 200, "no language of Japan: the form again"
    assert staff(STATE_ADMINISTRATOR, None).post(ADD, form).status_code == 200
    assert staff(TRAINER, None).post(ADD, form).status_code == 403
    outsider = Client()
    outsider.force_login(make_user())
    assert outsider.post(ADD, form).status_code == 302  # to the sign-in page
    assert staff(STATE_ADMINISTRATOR, "KH").post(ADD, {"text": khmer.pk, "reviewer": " "}).status_code == 200, (
        "by nobody"
    )
    assert not PurposeTextReview.objects.exists()
    assert begin("KH").status_code == 409


def test_a_new_version_is_read_anew(reviewing: None) -> None:
    administrator = staff(STATE_ADMINISTRATOR, "KH")
    administrator.post(ADD, {"text": text_in("km").pk, "reviewer": "S. Chan"})
    again = administrator.post(ADD, {"text": text_in("km").pk, "reviewer": "S. Chan"})
    assert again.status_code == 200, "it has been reviewed"
    assert begin("KH").status_code == 201
    for language in ("en", "km"):
        PurposeText.objects.create(purpose_id="learning_records", version=2, language=language, title="new", body="new")
    assert begin("KH").status_code == 409
    administrator.post(ADD, {"text": text_in("km").pk, "reviewer": "S. Chan"})
    assert begin("KH").status_code == 201


def test_who_has_begun_goes_on_and_moves_to_open_states_only(reviewing: None) -> None:
    dara = signed_in(make_user())
    made = dara.put("/api/v1/me/profile", {**PROFILE, "member_state": "SG"})
    match = {"If-Match": made["ETag"]}
    assert dara.put("/api/v1/me/profile", {**PROFILE, "member_state": "KH"}, headers=match).status_code == 409
    changed = dara.put("/api/v1/me/profile", {**PROFILE, "member_state": "SG", "languages": ["km"]}, headers=match)
    assert changed.status_code == 200


def test_where_no_review_is_asked_for_no_query_asks(settings: Any, query_budget: Any) -> None:
    from privacy.public import language_awaiting_review

    settings.CONSENT_REVIEW_REQUIRED = False
    with query_budget(0):
        assert language_awaiting_review("KH") is None
    settings.CONSENT_REVIEW_REQUIRED = True
    with query_budget(2):
        assert language_awaiting_review("KH") == "km"


def test_the_reviewer_reads_the_text_beside_the_english_one_before_signing(reviewing: None) -> None:
    administrator, khmer, english = staff(STATE_ADMINISTRATOR, "KH"), text_in("km"), text_in("en")
    to_choose = administrator.get(ADD).content.decode()
    assert f'href="{ADD}?text={khmer.pk}"' in to_choose
    assert f"?text={text_in('ja').pk}" not in to_choose, "no language of the state"
    assert 'name="reviewer"' not in to_choose, "nothing is signed unread"
    page = administrator.get(f"{ADD}?text={khmer.pk}")
    shown = unescape(page.content.decode())
    for words in (khmer.title, khmer.body, english.title, english.body, "cannot be taken back", "Then do not save"):
        assert words in shown
    assert list(page.context["adminform"].form.fields["text"].queryset) == [khmer]
    again = administrator.post(f"{ADD}?text={khmer.pk}", {"text": khmer.pk, "reviewer": ""})
    assert again.status_code == 200
    assert khmer.body in unescape(again.content.decode()), "also beside a fault of the form"
    assert administrator.post(f"{ADD}?text={khmer.pk}", {"text": khmer.pk, "reviewer": "S. Chan"}).status_code == 302
    review = PurposeTextReview.objects.get()
    signed = unescape(administrator.get(f"/admin/privacy/purposetextreview/{review.pk}/change/").content.decode())
    for words in (khmer.body, english.body, "S. Chan"):
        assert words in signed
    # The address of a text that has been reviewed leads to the others.
    assert "has been reviewed" in administrator.get(f"{ADD}?text={khmer.pk}").content.decode()


def test_whom_the_text_does_not_concern_is_shown_none(reviewing: None) -> None:
    khmer = text_in("km")
    for outsider in (staff(STATE_ADMINISTRATOR, "JP"), staff(STATE_ADMINISTRATOR, None), staff(TRAINER, None)):
        for given in (khmer.pk, "x", "9" * 30):
            assert khmer.body not in unescape(outsider.get(f"{ADD}?text={given}").content.decode())
    assert staff(TRAINER, None).get(ADD).status_code == 403


def test_where_nothing_is_left_to_review_the_page_says_so(reviewing: None) -> None:
    administrator = staff(STATE_ADMINISTRATOR, "KH")
    for text in PurposeText.objects.filter(language__in=member_states.languages("KH"), machine_drafted=True):
        administrator.post(ADD, {"text": text.pk, "reviewer": "S. Chan"})
    assert "Nothing is left to review" in administrator.get(ADD).content.decode()
    assert "Nothing is left" not in staff(STATE_ADMINISTRATOR, "JP").get(ADD).content.decode()


def test_a_purpose_tells_who_reviewed_each_text(reviewing: None) -> None:
    administrator, khmer = staff(STATE_ADMINISTRATOR, "KH"), text_in("km")
    page = "/admin/privacy/purpose/learning_records/change/"
    before = administrator.get(page).content.decode()
    assert f"{ADD}?text={khmer.pk}" in before
    assert f"{ADD}?text={text_in('ja').pk}" not in before
    administrator.post(ADD, {"text": khmer.pk, "reviewer": "S. Chan, Ministry of Labour"})
    after = administrator.get(page).content.decode()
    assert "by S. Chan, Ministry of Labour" in after
    assert f"{ADD}?text={khmer.pk}" not in after
    assert "written by people" in after, "the English one"
