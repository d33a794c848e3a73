"""The admin: a trainer writes, approves and opens; a member-state administrator sees attempts of the state, and no key."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from accounts.roles import REVIEWER, STATE_ADMINISTRATOR, TRAINER
from assessments.admin.blueprint_texts import contents_from, contents_text
from assessments.attempts import grading, services
from assessments.attempts.models import Attempt
from assessments.items.kinds.base import listed_from, listed_text
from assessments.items.models import Item, ItemRevision
from assessments.quizzes.models import Quiz
from common import clock
from common.ids import new_id
from courses.models import CourseMember
from privacy.models import AuditEntry
from tests.assessments.factories import FEEDBACK, enrol, join_teams, make_bank, make_edition, make_quiz
from tests.factories import make_learner, make_user

pytestmark = pytest.mark.django_db
BUTTON = "assessments_item_save_and_approve"


def staff(client, role, **given):
    user = make_user(is_staff=True, **given)
    user.groups.add(Group.objects.get(name=role))
    join_teams(user, role="author" if role == TRAINER else "reviewer")
    client.force_login(user)
    return user


def form_of(answer):
    """What a browser would send back unchanged."""
    form = answer.context["adminform"].form
    return {name: form[name].value() for name in form.fields if form[name].value() is not None} | {
        key: value
        for formset in answer.context["inline_admin_formsets"]
        for key, value in {
            f"{formset.formset.prefix}-TOTAL_FORMS": "0",
            f"{formset.formset.prefix}-INITIAL_FORMS": "0",
        }.items()
    }


@pytest.fixture
def edition():
    return make_edition(languages=("en", "zh-Hans"))


def test_a_trainer_adds_an_item_writes_it_and_approves_it(client, edition):
    trainer = staff(client, TRAINER)
    answer = client.post(reverse("admin:assessments_item_add"), {"course": str(edition.course_id), "code": "new-one"})
    item = Item.objects.get()
    page = reverse("admin:assessments_item_change", args=[item.pk])
    assert (answer.status_code, answer["Location"]) == (302, page)
    shown = client.get(page)
    assert shown.status_code == 200
    assert f'name="{BUTTON}"' in shown.content.decode()
    texts = {
        f"{name}__{tag}": f"{value} {tag}"
        for tag in ("en", "zh-Hans")
        for name, value in {"prompt": "What?", "feedback": "Because"}.items()
    }
    given = (
        form_of(shown)
        | texts
        | {
            "kind": "single",
            "key_text": "z",
            "skills_text": "AIS-A1",
            "level": 1,
            "difficulty": "easy",
            "guess": "0.5",
            "options__en": "a: Yes\r\nb: No: never",
            "options__zh-Hans": "a: 是\r\n否",
        }
    )
    refused = client.post(page, given)
    assert refused.status_code == 200
    errors = refused.context["adminform"].form.errors
    assert "line 2: id must be 1 to 20 letters or digits" in errors["options__zh-Hans"]
    assert "correct must be one of the options (a, b)" in errors["key_text"]
    assert not ItemRevision.objects.exists()

    given |= {"key_text": "b", "options__zh-Hans": "a: 是\r\nb: 否", BUTTON: "1"}
    assert client.post(page, given).status_code == 302
    revision = ItemRevision.objects.get()
    assert revision.approved_at is not None
    assert revision.content["en"]["options"] == [{"id": "a", "text": "Yes"}, {"id": "b", "text": "No: never"}]
    assert [audit_entry.actor for audit_entry in AuditEntry.objects.filter(subject_kind="item")] == [
        str(trainer.pk)
    ] * 3

    del given[BUTTON]
    assert client.post(page, form_of(client.get(page))).status_code == 302
    assert ItemRevision.objects.count() == 1
    assert client.post(page, given | {"prompt__en": "What else?"}).status_code == 302
    assert [(entry.number, entry.approved_at is None) for entry in item.revisions.all()] == [(2, True), (1, False)]
    assert "What else?" in client.get(page).content.decode()


@pytest.mark.parametrize("kind", ["single", "multiple", "numeric", "ordering"])
def test_saving_an_unchanged_item_makes_no_revision(client, edition, kind):
    staff(client, TRAINER)
    (revision,) = make_bank(edition, each=1, skills=("AIS-A1",), kinds=(kind,))
    page = reverse("admin:assessments_item_change", args=[revision.item_id])
    answer = client.post(page, form_of(client.get(page)))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert ItemRevision.objects.count() == 1


def test_actions_approve_retire_and_restore(client, edition):
    staff(client, TRAINER)
    (revision,) = make_bank(edition, each=1, skills=("AIS-A1",))
    listing = reverse("admin:assessments_item_changelist")
    assert client.get(listing).status_code == 200
    for action, retired in (("retire", True), ("restore", False), ("approve", False)):
        client.post(listing, {"action": action, "_selected_action": [str(revision.item_id)]})
        assert Item.objects.get().retired is retired
    assert client.get(reverse("admin:assessments_itemrevision_changelist")).status_code == 200
    shown = client.get(reverse("admin:assessments_itemrevision_change", args=[revision.pk]))
    assert FEEDBACK in shown.content.decode()


def test_a_reviewer_reads_items_and_changes_none(client, edition):
    staff(client, REVIEWER)
    (revision,) = make_bank(edition, each=1, skills=("AIS-A1",))
    page = reverse("admin:assessments_item_change", args=[revision.item_id])
    shown = client.get(page)
    assert shown.status_code == 200
    assert FEEDBACK in shown.content.decode()
    assert client.post(page, {"prompt__en": "Changed"}).status_code == 403
    assert client.post(reverse("admin:assessments_item_add"), {}).status_code == 403
    quiz = make_quiz(edition)
    assert client.get(reverse("admin:assessments_quiz_change", args=[quiz.pk])).status_code == 200


def test_a_quiz_opens_only_when_the_bank_can_fill_it(client, edition):
    staff(client, TRAINER)
    make_bank(edition, each=3)
    given = {
        "course": str(edition.course_id),
        "slug": "final",
        "mode": "assessment",
        "attempt_limit": 3,
        "time_limit_s": 600,
        "cool_down_s": 0,
        "max_exposure": "0.3",
        "review_what": "feedback",
        "review_when": "at_once",
        "pass_share": "0.6",
        "titles_lines": "en: Final\nzh-Hans: 结业测验",
        "pools_lines": "AIS-A1 x 4\nAIS-B1 two",
    }
    page = reverse("admin:assessments_quiz_add")
    refused = client.post(page, given)
    assert "“AIS-B1 two” is not a pool" in str(refused.context["adminform"].form.errors["pools_lines"])
    refused = client.post(page, given | {"pools_lines": "AIS-A1 x 4", "titles_lines": "en: Final"})
    assert "zh-Hans is missing" in str(refused.context["adminform"].form.errors["titles_lines"])
    assert not Quiz.objects.exists()
    assert client.post(page, given | {"pools_lines": "AIS-A1 x 4"}).status_code == 302
    quiz = Quiz.objects.get()
    listing = reverse("admin:assessments_quiz_changelist")
    answer = client.post(listing, {"action": "open_to_learners", "_selected_action": [str(quiz.pk)]}, follow=True)
    assert "AIS-A1 asks for 4 items, the bank has 3" in answer.content.decode()
    assert not Quiz.objects.get().open
    change = reverse("admin:assessments_quiz_change", args=[quiz.pk])
    assert "asks for 4 items" in client.get(change).content.decode()
    assert client.post(change, form_of(client.get(change)) | {"pools_lines": "AIS-A1 x 3"}).status_code == 302
    client.post(listing, {"action": "open_to_learners", "_selected_action": [str(quiz.pk)]})
    assert Quiz.objects.get().open
    # Open now: it may not be changed into one that cannot be drawn.
    refused = client.post(change, form_of(client.get(change)) | {"pools_lines": "AIS-A1 level 2 x 3"})
    assert "line 1: in en: AIS-A1 level 2 asks for 3" in str(refused.context["adminform"].form.errors["pools_lines"])
    assert Quiz.objects.get().pools == [{"skill": "AIS-A1", "count": 3}]
    client.post(listing, {"action": "close_to_learners", "_selected_action": [str(quiz.pk)]})
    assert not Quiz.objects.get().open


@pytest.fixture
def attempts(edition):
    make_bank(edition)
    quiz = make_quiz(edition)
    made = {}
    for state in ("JP", "ID"):
        learner = make_learner(state)
        enrol(learner, edition)
        made[state] = services.start(
            attempt_id=new_id(),
            learner_id=learner.pk,
            quiz_id=quiz.pk,
            language=None,
            accept_language="",
            now=clock.now(),
        ).attempt
    return made


def test_a_state_administrator_sees_the_state_s_attempts_and_no_key(client, attempts, edition):
    grading.close_expired(now=clock.now() + timedelta(days=1))
    staff(client, STATE_ADMINISTRATOR, member_state_id="JP")
    listing = client.get(reverse("admin:assessments_attempt_changelist")).content.decode()
    assert str(attempts["JP"].id) in listing
    assert str(attempts["ID"].id) not in listing
    ours = client.get(reverse("admin:assessments_attempt_change", args=[attempts["JP"].id]))
    assert ours.status_code == 200
    assert FEEDBACK not in ours.content.decode()
    theirs = client.get(reverse("admin:assessments_attempt_change", args=[attempts["ID"].id]))
    assert (theirs.status_code, theirs["Location"]) == (302, reverse("admin:index"))
    revision = ItemRevision.objects.first()
    for name, args in (
        ("item_changelist", []),
        ("item_change", [revision.item_id]),
        ("itemrevision_changelist", []),
        ("itemrevision_change", [revision.pk]),
        ("item_add", []),
    ):
        assert client.get(reverse(f"admin:assessments_{name}", args=args)).status_code == 403


def test_a_trainer_who_is_limited_to_a_state_sees_no_key_either(client, edition):
    user = staff(client, TRAINER, member_state_id="JP")
    CourseMember.objects.all().delete()
    (revision,) = make_bank(edition, each=1, skills=("AIS-A1",))
    user.groups.add(Group.objects.get(name=STATE_ADMINISTRATOR))
    assert client.get(reverse("admin:assessments_item_change", args=[revision.item_id])).status_code == 403


def test_nobody_edits_an_attempt_and_a_live_one_keeps_its_items(client, attempts):
    client.force_login(make_user(is_staff=True, is_superuser=True))
    attempt = attempts["JP"]
    page = reverse("admin:assessments_attempt_change", args=[attempt.id])
    shown = client.get(page).content.decode()
    assert str(Attempt.objects.get(pk=attempt.id).seed) not in shown
    codes = [str(item.revision) for item in Attempt.objects.get(pk=attempt.id).items.select_related("revision__item")]
    assert not any(code in shown for code in codes)
    assert client.post(page, {"score": 1}).status_code == 403
    assert (
        client.post(reverse("admin:assessments_attempt_delete", args=[attempt.id]), {"post": "yes"}).status_code == 403
    )
    grading.close_expired(now=clock.now() + timedelta(days=1))
    shown = client.get(page).content.decode()
    assert all(code in shown for code in codes)


def test_texts_read_back():
    pools = [{"skill": "AIS-A1", "count": 3}, {"skill": "AIS-B1", "count": 2, "level": 2}]
    assert contents_from(contents_text(pools, [])) == (pools, [])
    options = [{"id": "a", "text": "x: y"}]
    assert listed_from(listed_text(options)) == options
