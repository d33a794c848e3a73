"""The admin of blueprints, extra time and cohorts: a trainer writes, a state's administrator grants to the state's own."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.roles import REVIEWER, STATE_ADMINISTRATOR, TRAINER
from assessments.accommodations.models import Accommodation
from assessments.quizzes.models import Quiz
from learners.models import Cohort, CohortMember
from privacy.models import AuditEntry
from tests.assessments.factories import enrol, make_bank, make_edition, make_quiz
from tests.assessments.test_admin import form_of, staff
from tests.factories import make_learner

pytestmark = pytest.mark.django_db
WRITTEN = {
    "titles_lines": "en: Final",
    "pools_lines": "section en: Basics\nAIS-A1 easy x 2\nat least 50 %\nsection en: Rest\nin order\nlevel 1 x 2",
    "minimums_lines": "AIS-A1: 0.5",
    "ordered_lines": "ais-a1-0, ais-a1-1",
    "prerequisites_lines": "lessons\nskill AIS-A1 level 1",
    "windows_lines": "2026-05-01 09:00 to 2026-05-08 18:00 Asia/Tokyo\n2026-05-02 09:00 to 2026-05-08 18:00 Asia/Jakarta for a",
    "cut_at_close": "on",
    "shuffle_items": "on",
    "cool_down_s": 3600,
    "review_what": "marks",
    "review_when": "after_window",
}


@pytest.fixture
def edition():
    edition = make_edition(languages=("en",))
    make_bank(edition)
    return edition


def test_a_trainer_writes_a_whole_blueprint_and_reads_it_back(client, edition):
    staff(client, TRAINER)
    Cohort.objects.create(course=edition.course, code="a")
    given = WRITTEN | {
        "course": str(edition.course_id),
        "slug": "final",
        "mode": "assessment",
        "attempt_limit": 3,
        "time_limit_s": 600,
        "pass_share": "0.6",
        "max_exposure": "0.3",
    }
    answer = client.post(reverse("admin:assessments_quiz_add"), given)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    quiz = Quiz.objects.get()
    assert [section["pools"] for section in quiz.sections] == [
        [{"skill": "AIS-A1", "count": 2, "difficulty": "easy"}],
        [{"count": 2, "level": 1}],
    ]
    assert (quiz.sections[0]["min_share"], quiz.sections[1]["shuffle"], quiz.shuffle_options) == ("0.5", False, False)
    assert (quiz.cool_down_s, quiz.cut_at_close, quiz.review_what) == (3600, True, "marks")
    assert quiz.windows[1]["cohort"] == "a"

    listing = reverse("admin:assessments_quiz_changelist")
    client.post(listing, {"action": "open_to_learners", "_selected_action": [str(quiz.pk)]})
    assert Quiz.objects.get().open
    written = AuditEntry.objects.count()
    page = reverse("admin:assessments_quiz_change", args=[quiz.pk])
    unchanged = {name: value for name, value in form_of(client.get(page)).items() if value is not False}
    assert client.post(page, unchanged).status_code == 302
    assert AuditEntry.objects.count() == written, "saving what is there changes nothing"


@pytest.mark.parametrize(
    ("box", "text", "says"),
    [
        (
            "pools_lines",
            "section en: Basics\nAIS-A1 hard x 2\nlevel 9 x 1",
            "section 1, pool 2, level: must be a whole",
        ),
        ("pools_lines", "section ja: Basics\nAIS-A1 hard x 2", "section 1, titles en: is missing"),
        ("pools_lines", "something", "“something” is not a pool"),
        ("forms_lines", "A: x\nA: y", "give pools, sections or forms"),
        (
            "windows_lines",
            "2026-05-01 09:00 to 2026-05-08 18:00 Tokyo",
            "line 1: 'Tokyo' is no time zone of a place: write Asia/Tokyo",
        ),
        ("prerequisites_lines", "quiz a b", "“quiz a b” is unknown"),
        ("minimums_lines", "AIS-B1: 50 %", "AIS-B1 no pool is of this skill"),
    ],
)
def test_a_mistake_is_said_at_its_box_and_line(client, edition, box, text, says):
    staff(client, TRAINER)
    given = WRITTEN | {
        "course": str(edition.course_id),
        "slug": "final",
        "mode": "assessment",
        "attempt_limit": 3,
        "time_limit_s": 600,
        "pass_share": "0.6",
        "max_exposure": "0.3",
        box: text,
    }
    errors = client.post(reverse("admin:assessments_quiz_add"), given).context["adminform"].form.errors
    messages = [message for listed in errors.values() for message in listed]
    assert any(says in message for message in messages), errors
    assert not Quiz.objects.exists()


def test_an_administrator_grants_extra_time_to_the_state_s_own_learners(client, edition):
    aiko, budi = make_learner("JP"), make_learner("ID", name="Budi")
    user = staff(client, STATE_ADMINISTRATOR, member_state_id="JP")
    add = reverse("admin:assessments_accommodation_add")
    given = {"learner": str(aiko.pk), "quiz": "", "factor": "1.5", "extra_s": 0, "reason": "documented_need"}
    assert client.post(add, given | {"learner": str(budi.pk)}).status_code == 200
    assert client.post(add, given | {"factor": "0.5"}).status_code == 200
    assert not Accommodation.objects.exists()
    answer = client.post(add, given)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    row = Accommodation.objects.get()
    assert (row.learner, row.granted_by) == (aiko, str(user.pk))
    assert client.post(add, given).status_code == 200, "one is in force"
    assert Accommodation.objects.count() == 1
    listing = reverse("admin:assessments_accommodation_changelist")
    client.post(listing, {"action": "revoke", "_selected_action": [str(row.pk)]})
    assert Accommodation.objects.get().revoked_at is not None
    assert [audit_entry.actor for audit_entry in AuditEntry.objects.filter(subject_kind="accommodation")] == [
        str(user.pk)
    ] * 2


@pytest.mark.parametrize("role", [TRAINER, REVIEWER])
def test_others_see_no_extra_time(client, edition, role):
    staff(client, role)
    assert client.get(reverse("admin:assessments_accommodation_changelist")).status_code == 403


def test_an_administrator_puts_the_state_s_own_learners_into_a_cohort(client, edition):
    ours = enrol(make_learner("JP"), edition)
    theirs = enrol(make_learner("ID"), edition)
    elsewhere = enrol(make_learner("JP"), make_edition())
    staff(client, STATE_ADMINISTRATOR, member_state_id="JP")
    assert (
        client.post(
            reverse("admin:learners_cohort_add"), {"course": str(edition.course_id), "code": "class-a", "title": ""}
        ).status_code
        == 302
    )
    cohort = Cohort.objects.get()
    add = reverse("admin:learners_cohortmember_add")
    for enrolment in (theirs, elsewhere):
        assert client.post(add, {"cohort": str(cohort.pk), "enrolment": str(enrolment.pk)}).status_code == 200
    assert not CohortMember.objects.exists()
    assert client.post(add, {"cohort": str(cohort.pk), "enrolment": str(ours.pk)}).status_code == 302
    other = CohortMember.objects.create(cohort=cohort, enrolment=theirs)
    listing = client.get(reverse("admin:learners_cohortmember_changelist")).content.decode()
    assert str(CohortMember.objects.get(enrolment=ours).pk) in listing
    assert (
        client.post(reverse("admin:learners_cohortmember_delete", args=[other.pk]), {"post": "yes"}).status_code == 302
    )
    assert CohortMember.objects.filter(pk=other.pk).exists()
    mine = CohortMember.objects.get(enrolment=ours)
    client.post(reverse("admin:learners_cohortmember_delete", args=[mine.pk]), {"post": "yes"})
    assert CohortMember.objects.get() == other
    assert sorted(AuditEntry.objects.filter(subject_kind="enrolment").values_list("action", flat=True)) == [
        "cohort.joined",
        "cohort.left",
    ]


def test_a_reviewer_sees_a_quiz_and_its_check(client, edition):
    staff(client, REVIEWER)
    quiz = make_quiz(edition, open=False)
    assert (
        "Every pool can be filled"
        in client.get(reverse("admin:assessments_quiz_change", args=[quiz.pk])).content.decode()
    )
