"""Stories of blueprints: Aiko and Budi start under windows, cool-downs and prerequisites; Dao has none of it."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils.dateparse import parse_datetime

from assessments.accommodations import services as accommodations
from assessments.accommodations.models import Accommodation
from assessments.appeals.statements import grant_try
from assessments.attempts import grading, services
from assessments.attempts.models import Attempt, AttemptAllowance, AttemptItem
from assessments.errors import AlreadyAccommodated, AttemptLive, CoolingDown, InvalidQuiz
from assessments.items.models import Item
from assessments.quizzes.loading import load_bank
from assessments.quizzes.models import ItemExposure, Quiz
from assessments.quizzes.services import set_open
from common import clock
from common.ids import new_id
from courses import public as courses
from learners.cohorts.services import add_member
from learners.models import Ability, Cohort, SkillState
from privacy.models import AuditEntry
from tests.assessments.factories import (
    RIGHT,
    WRONG,
    answers,
    edition_of,
    enrol,
    make_bank,
    make_edition,
    make_quiz,
    path,
    version_of,
)
from tests.assessments.test_bank import QUIZ, write
from tests.assessments.test_taking_a_quiz import counts, start
from tests.factories import make_learner, signed_in

pytestmark = pytest.mark.django_db
NINE_IN_TOKYO = datetime(2026, 5, 1, 0, tzinfo=UTC)


@pytest.fixture
def edition():
    edition = make_edition()
    make_bank(edition)
    return edition


@pytest.fixture
def aiko(edition):
    learner = make_learner()
    enrol(learner, edition)
    return learner


@pytest.fixture
def client(aiko):
    return signed_in(aiko.user)


@pytest.fixture
def at(monkeypatch):
    return lambda instant: monkeypatch.setattr(clock, "now", lambda: instant)


def refused(client, quiz, code, status=409):
    before = counts()
    answer = client.put(path(new_id()), {"quiz_id": str(quiz.pk)})
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert counts() == before
    return answer.json()


def submit(client, shown, by_kind=RIGHT):
    answer = client.put(path(shown["id"], "/submission"), answers(shown, by_kind))
    assert answer.status_code == 200, answer.content
    return answer.json()


def offer(client, quiz):
    listed = client.get(f"/api/v1/editions/{edition_of(quiz).pk}/quizzes").json()["items"]
    return next(row for row in listed if row["id"] == str(quiz.pk))


SECTIONS = [
    {"titles": {"en": "First", "ja": "一"}, "pools": [{"skill": "AIS-A1", "count": 3}], "min_share": "0.5"},
    {
        "titles": {"en": "Second"},
        "pools": [{"skill": "AIS-B1", "level": 1, "count": 2}, {"skill": "AIS-B1", "count": 1}],
    },
]


def test_sections_come_in_order_and_say_which_was_missed(client, edition):
    quiz = make_quiz(edition, pools=[], sections=SECTIONS, pass_share=Decimal("0.5"))
    shown = start(client, quiz)
    assert shown["sections"] == [{"number": 1, "title": "一"}, {"number": 2, "title": "Second"}]
    assert [item["section"] for item in shown["items"]] == [1, 1, 1, 2, 2, 2]
    given = answers(shown)["answers"]
    # All of the second section right, of the first nothing: half of the whole, and not passed.
    body = client.put(path(shown["id"], "/submission"), {"answers": given[3:]}).json()
    assert (body["score"], body["passed"]) == (0.5, False)
    (miss,) = body["missed"]
    assert (miss["part"], miss["name"], miss["share"], miss["needed"]) == ("section", "一", 0.0, 0.5)
    english = client.get(path(shown["id"]), headers={"Accept-Language": "en"}).json()["missed"][0]["explanation"]
    assert english == "In the section “一” you reached 0% of the points; 50% are needed."
    again = submit(client, start(client, quiz))
    assert (again["passed"], again["missed"]) == (True, [])


def test_forms_rotate_and_keep_their_order(client, edition):
    codes = list(Item.objects.filter(bank__course=edition.course_id).order_by("code").values_list("code", flat=True))
    forms = [{"name": name, "items": codes[n : n + 4]} for n, name in enumerate("ABC")]
    quiz = make_quiz(edition, pools=[], forms=forms, shuffle_items=False, attempt_limit=6)
    had = []
    for _ in range(6):
        shown = start(client, quiz)
        row = Attempt.objects.get(pk=shown["id"])
        asked = [entry.revision.item.code for entry in row.items.select_related("revision__item")]
        assert asked == next(form["items"] for form in forms if form["name"] == row.form)
        had.append(row.form)
        submit(client, shown)
    assert sorted(had[:3]) == sorted(had[3:]) == ["A", "B", "C"]
    assert offer(client, quiz)["item_count"] == 4
    Item.objects.filter(code=codes[3]).update(retired=True)
    Quiz.objects.filter(pk=quiz.pk).update(attempt_limit=7)
    version_of(quiz)
    refused(client, quiz, "quiz_not_ready")


def test_options_stay_in_order_where_the_quiz_says_so(client, edition):
    Item.objects.exclude(code__in=["ais-a1-0", "ais-a1-4"]).update(retired=True)
    quiz = make_quiz(edition, pools=[{"skill": "AIS-A1", "count": 2}], options_in_order=["ais-a1-0"], attempt_limit=8)
    orders = {"ais-a1-0": set(), "ais-a1-4": set()}
    for _ in range(8):
        shown = start(client, quiz)
        for item in AttemptItem.objects.filter(attempt=shown["id"]).select_related("revision__item"):
            orders[item.revision.item.code].add("".join(item.option_order))
        submit(client, shown)
    assert orders["ais-a1-0"] == {"abcd"}
    assert len(orders["ais-a1-4"]) > 1


def test_a_cool_down_is_kept_and_says_until_when(client, edition, at):
    quiz = make_quiz(edition, cool_down_s=3600)
    at(NINE_IN_TOKYO)
    submit(client, start(client, quiz))
    at(NINE_IN_TOKYO + timedelta(seconds=3599))
    assert refused(client, quiz, "cooling_down")["available_at"] == "2026-05-01T01:00:00.000Z"
    assert offer(client, quiz)["available_at"] == "2026-05-01T01:00:00Z"
    at(NINE_IN_TOKYO + timedelta(seconds=3600))
    assert offer(client, quiz)["available_at"] is None
    assert start(client, quiz)["number"] == 2


def test_a_try_that_was_granted_waits_for_no_cool_down_and_the_next_one_does(client, edition, aiko, at):
    quiz = make_quiz(edition, cool_down_s=3600, attempt_limit=1)
    at(NINE_IN_TOKYO)
    submit(client, start(client, quiz))
    grant_try(learner_id=aiko.pk, quiz_ids=[quiz.pk], now=NINE_IN_TOKYO + timedelta(seconds=60))
    at(NINE_IN_TOKYO + timedelta(seconds=120))
    assert offer(client, quiz)["available_at"] is None
    submit(client, start(client, quiz))
    AttemptAllowance.objects.update(granted=2)
    assert refused(client, quiz, "cooling_down")["available_at"] == "2026-05-01T01:02:00.000Z"


def test_a_window_opens_by_the_wall_clock_of_each_cohort(client, edition, aiko, at):
    budi = make_learner("ID", name="Budi", languages=("id",))
    there = signed_in(budi.user)
    for code, enrolment in (("tokyo", aiko.enrolments.get()), ("jakarta", enrol(budi, edition))):
        cohort = Cohort.objects.create(course=edition.course, code=code)
        add_member(cohort_id=cohort.pk, enrolment_id=enrolment.pk, actor="x")
        add_member(cohort_id=cohort.pk, enrolment_id=enrolment.pk, actor="x")
    assert AuditEntry.objects.filter(action="cohort.joined").count() == 2
    hours = {"opens": "2026-05-01T09:00", "closes": "2026-05-01T10:00"}
    quiz = make_quiz(
        edition,
        windows=[
            hours | {"zone": "Asia/Tokyo", "cohort": "tokyo"},
            hours | {"zone": "Asia/Jakarta", "cohort": "jakarta"},
        ],
    )
    at(NINE_IN_TOKYO - timedelta(seconds=1))
    problem = refused(client, quiz, "outside_window")
    assert (problem["opens_at"], problem["closes_at"], problem["time_zone"]) == (
        "2026-05-01T00:00:00.000Z",
        "2026-05-01T01:00:00.000Z",
        "Asia/Tokyo",
    )
    at(NINE_IN_TOKYO)
    assert refused(there, quiz, "outside_window")["opens_at"] == "2026-05-01T02:00:00.000Z"
    assert (offer(client, quiz)["is_open"], offer(there, quiz)["is_open"]) == (True, False)
    assert offer(there, quiz)["time_zone"] == "Asia/Jakarta"
    shown = start(client, quiz)
    # Started before the close, it runs to its own end.
    assert shown["due_at"] == "2026-05-01T00:10:00Z"
    at(NINE_IN_TOKYO + timedelta(hours=2))
    refused(client, quiz, "outside_window")
    assert start(there, quiz)["due_at"] == "2026-05-01T02:10:00Z"
    # Whoever is in neither cohort has no window at all; Dao does not even take the course.
    nobody = make_learner("TH", name="ดาว")
    enrol(nobody, edition)
    assert refused(signed_in(nobody.user), quiz, "outside_window")["opens_at"] is None
    refused(signed_in(make_learner("TH").user), quiz, "not_enrolled", 403)


def test_an_attempt_is_cut_at_the_close_and_extra_time_moves_the_cut(client, edition, aiko, at):
    quiz = make_quiz(
        edition,
        cut_at_close=True,
        windows=[{"opens": "2026-05-01T09:00", "closes": "2026-05-01T10:00", "zone": "Asia/Tokyo"}],
    )
    at(NINE_IN_TOKYO + timedelta(minutes=55))
    assert start(client, quiz)["due_at"] == "2026-05-01T01:00:00Z"
    budi = make_learner("ID", name="Budi")
    enrol(budi, edition)
    accommodations.grant(
        accommodation_id=new_id(),
        learner_id=budi.pk,
        quiz_id=None,
        factor=Decimal("1.5"),
        extra_s=0,
        reason="documented_need",
        actor="citra",
        now=clock.now(),
    )
    assert start(signed_in(budi.user), quiz)["due_at"] == "2026-05-01T01:05:00Z"


def test_extra_time_counts_from_the_grant_to_the_revocation(client, edition, aiko, at):
    quiz, other = make_quiz(edition), make_quiz(edition)
    at(NINE_IN_TOKYO)
    pk = new_id()
    given = {
        "learner_id": aiko.pk,
        "quiz_id": quiz.pk,
        "factor": Decimal("1.25"),
        "extra_s": 60,
        "reason": "language",
        "actor": "citra",
        "now": clock.now(),
    }
    for _ in range(2):
        accommodations.grant(accommodation_id=pk, **given)
    with pytest.raises(AlreadyAccommodated):
        accommodations.grant(accommodation_id=new_id(), **given)
    assert [offer(client, value)["time_limit_s"] for value in (quiz, other)] == [810, 600]
    assert start(client, other)["due_at"] == "2026-05-01T00:10:00Z"
    shown = start(client, quiz)
    assert shown["due_at"] == "2026-05-01T00:13:30Z"
    submit(client, shown)
    for _ in range(2):
        accommodations.revoke(accommodation_id=pk, actor="citra", now=clock.now())
    assert start(client, quiz)["due_at"] == "2026-05-01T00:10:00Z"
    assert Accommodation.objects.get().revoked_at is not None
    written = AuditEntry.objects.filter(subject_kind="accommodation")
    assert sorted(entry.action for entry in written) == ["accommodation.granted", "accommodation.revoked"]
    assert all(entry.detail == {} and entry.actor == "citra" for entry in written)


def test_prerequisites_are_shown_until_they_are_met(client, edition, aiko):
    warm_up = make_quiz(edition, slug="warm-up")
    asked = [{"quiz": "warm-up"}, {"lessons": True}, {"skill": "AIS-A1", "level": 2}]
    quiz = make_quiz(edition, prerequisites=asked)
    assert refused(client, quiz, "prerequisites_missing")["missing"] == asked
    submit(client, start(client, warm_up), WRONG)
    assert offer(client, quiz)["missing"] == asked
    submit(client, start(client, warm_up))
    aiko.enrolments.update(lessons_done_at=clock.now())
    assert refused(client, quiz, "prerequisites_missing")["missing"] == asked[2:]
    now = clock.now()
    Ability.objects.create(learner=aiko, mean=0, variance=1, count=1, last_at=now, rule_version="x", snapshot="x")
    SkillState.objects.create(
        learner=aiko,
        skill_code="AIS-A1",
        mean=0,
        variance=1,
        count=1,
        last_at=now,
        level=2,
        probability=0.9,
        framework_version="x",
    )
    assert start(client, quiz)["state"] == "live"


@pytest.mark.parametrize(
    ("what", "score", "review"), [("nothing", 0, 0), ("score", 1, 0), ("marks", 1, 1), ("feedback", 1, 2)]
)
def test_a_learner_sees_what_the_policy_says(client, edition, what, score, review):
    quiz = make_quiz(edition, review_what=what)
    body = submit(client, start(client, quiz))
    assert client.get(path(body["id"])).json() == body
    assert (body["score"], body["passed"]) == ((1.0, True) if score else (None, None))
    assert body["state"] == "graded"
    assert all((item["review"] is not None) == bool(review) for item in body["items"])
    if review:
        assert all((item["review"]["feedback"] is not None) == (review == 2) for item in body["items"])
    assert offer(client, quiz)["passed"] is bool(score)
    (listed,) = client.get("/api/v1/me/attempts").json()["items"]
    assert listed["score"] == body["score"]


def test_a_review_waits_for_the_last_attempt_or_the_last_window(client, edition, at):
    at(NINE_IN_TOKYO)
    quiz = make_quiz(edition, attempt_limit=2, review_when="after_last_attempt")
    first = submit(client, start(client, quiz), WRONG)
    assert (first["score"], first["items"][0]["review"], first["missed"]) == (None, None, [])
    second = start(client, quiz)
    assert client.get(path(first["id"])).json()["score"] is None
    assert submit(client, second, WRONG)["score"] == 0.0
    shown = client.get(path(first["id"])).json()
    assert (shown["score"], shown["passed"], shown["missed"][0]["part"]) == (0.0, False, "whole")

    hours = {"opens": "2026-05-01T09:00", "closes": "2026-05-01T10:00"}
    windows = [hours | {"zone": "Asia/Tokyo"}, hours | {"zone": "Asia/Jakarta", "cohort": "jakarta"}]
    quiz = make_quiz(edition, windows=windows, review_when="after_window")
    body = submit(client, start(client, quiz))
    at(NINE_IN_TOKYO + timedelta(hours=2))
    # Jakarta still sits.
    assert client.get(path(body["id"])).json()["score"] is None
    assert offer(client, quiz)["passed"] is False
    at(NINE_IN_TOKYO + timedelta(hours=3))
    assert client.get(path(body["id"])).json()["score"] == 1.0


@pytest.mark.parametrize("mode", ["placement", "certification"])
def test_beside_a_placement_or_certification_nothing_else_is_under_way(client, edition, mode, at):
    certified = {"certified_level": 2} if mode == "certification" else {}
    alone, practice = make_quiz(edition, mode=mode, **certified), make_quiz(edition, mode="practice")
    shown = start(client, practice)
    assert refused(client, alone, "attempt_live")["attempt_id"] == shown["id"]
    submit(client, shown)
    shown = start(client, alone)
    assert refused(client, practice, "attempt_live")["attempt_id"] == shown["id"]
    # One that is overdue stands in nobody's way.
    at(parse_datetime(shown["due_at"]) + timedelta(minutes=1))
    assert start(client, practice)["state"] == "live"
    assert Attempt.objects.get(pk=shown["id"]).expired


@pytest.mark.parametrize("mode", ["assessment", "practice", "placement", "certification"])
@pytest.mark.parametrize("count", [5, 40])
def test_a_start_takes_as_many_queries_whatever_is_drawn(edition, client, query_budget, mode, count):
    make_bank(edition, each=2 * count, skills=("AIS-C1",))
    certified = {"certified_level": 1, "max_exposure": Decimal("0.9")} if mode == "certification" else {}
    quiz = make_quiz(edition, mode=mode, pools=[{"skill": "AIS-C1", "count": count}], **certified)
    client.get(f"/api/v1/editions/{edition.pk}/quizzes")
    courses.framework()  # kept by the process from the first time it is asked for
    with query_budget(29):
        shown = start(client, quiz)
    row = Attempt.objects.get(pk=shown["id"])
    assert row.selection["rule"] == "selection-1"
    assert len(row.selection["worth"]) == count
    assert len(row.selection["inputs"]) == 64
    assert ("ability" in row.selection) == (mode in ("practice", "placement"))
    assert ("exposure" in row.selection) == ("cut" in row.selection) == (mode == "certification")


def test_items_seen_before_come_last_and_exposures_are_counted(client, edition):
    quiz = make_quiz(
        edition,
        mode="certification",
        certified_level=1,
        pools=[{"skill": "AIS-A1", "count": 3}],
        max_exposure=Decimal("0.5"),
    )
    drawn = []
    for _ in range(2):
        shown = start(client, quiz)
        drawn.append(set(AttemptItem.objects.filter(attempt=shown["id"]).values_list("revision__item_id", flat=True)))
        submit(client, shown)
    assert len(drawn[0] | drawn[1]) == 6
    assert ItemExposure.objects.get(quiz=quiz, item=None).drawn == 2
    assert list(ItemExposure.objects.exclude(item=None).values_list("drawn", flat=True)) == [1] * 6


def test_what_an_open_quiz_refers_to_must_be_there(edition):
    make_quiz(edition, slug="first", prerequisites=[{"quiz": "second"}])
    for values, says in (
        ({"slug": "second", "prerequisites": [{"quiz": "first"}]}, "first waits for this quiz itself"),
        ({"prerequisites": [{"quiz": "nowhere"}]}, "the course has no quiz nowhere"),
        ({"prerequisites": [{"skill": "AIS-Z9", "level": 1}]}, "AIS-Z9 is no skill"),
        ({"options_in_order": ["nowhere"]}, "in ja: the bank does not have nowhere"),
        ({"pools": [], "forms": [{"name": "A", "items": ["nowhere"]}]}, "the bank does not have nowhere"),
        ({"mode": "certification", "certified_level": 5}, "must be one of 1, 2, 3"),
        ({"mode": "certification", "certified_level": 1, "max_exposure": Decimal("0.1")}, "has too few items"),
        (
            {
                "windows": [
                    {"opens": "2026-05-01T09:00", "closes": "2026-05-02T09:00", "zone": "Asia/Tokyo", "cohort": "x"}
                ]
            },
            "the course has no cohort x",
        ),
    ):
        quiz = make_quiz(edition, open=False, **values)
        with pytest.raises(InvalidQuiz) as error:
            set_open(quiz_id=quiz.pk, opened=True, actor="trainer")
        assert says in str(error.value.detail)
        assert not Quiz.objects.get(pk=quiz.pk).open


FULL = QUIZ.replace('pools = [{ skill = "AIS-A1", count = 2 }]', "").replace(
    "[titles]",
    """
cool_down_s = 86400
shuffle_options = false
options_in_order = ["one"]
review_what = "marks"
review_when = "after_window"
cut_at_close = true
prerequisites = [{ lessons = true }, { skill = "AIS-A1", level = 1 }]
skill_minimums = { AIS-A1 = 0.5 }
[[windows]]
opens = 2026-05-01T09:00:00
closes = "2026-05-08T18:00"
zone = "Asia/Manila"
[[sections]]
titles = { en = "Basics" }
min_share = "0.5"
pools = [{ skill = "AIS-A1", difficulty = "easy", count = 2 }]
[titles]""",
)


def test_a_file_says_all_of_it(tmp_path):
    edition = make_edition(languages=("en",))
    write(tmp_path, {"one": "First?", "two": "Second?"}, FULL)
    load_bank(tmp_path, course_id=edition.course_id)
    quiz = Quiz.objects.get()
    assert quiz.windows == [{"opens": "2026-05-01T09:00", "closes": "2026-05-08T18:00", "zone": "Asia/Manila"}]
    assert (quiz.sections[0]["min_share"], quiz.skill_minimums) == ("0.5", {"AIS-A1": 0.5})
    assert (quiz.cool_down_s, quiz.cut_at_close, quiz.shuffle_options, quiz.review_what) == (
        86400,
        True,
        False,
        "marks",
    )
    audited = AuditEntry.objects.count()
    load_bank(tmp_path, course_id=edition.course_id)
    assert AuditEntry.objects.count() == audited
    write(tmp_path, {"one": "First?", "two": "Second?"}, FULL.replace("Asia/Manila", "Manila"))
    with pytest.raises(
        InvalidQuiz, match=r"quiz.toml: /windows/0/zone: 'Manila' is no time zone of a place: write Asia/Manila"
    ):
        load_bank(tmp_path, course_id=edition.course_id)


def in_threads(call, things):
    def element(thing):
        try:
            return type(call(thing))
        except Exception as error:
            return type(error)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        return Counter(pool.map(element, things))


def begin(quiz, learner, now):
    return services.start(
        attempt_id=new_id(), learner_id=learner.pk, quiz_id=quiz.pk, language=None, accept_language="", now=now
    )


@pytest.mark.django_db(transaction=True)
def test_two_starts_at_a_time_while_an_attempt_cools_down(edition, aiko):
    quiz, now = make_quiz(edition, cool_down_s=60, attempt_limit=9), clock.now()
    first = begin(quiz, aiko, now).attempt
    grading.submit(attempt_id=first.id, learner_id=aiko.pk, answers=[], now=now)
    results = in_threads(lambda _: begin(quiz, aiko, now + timedelta(seconds=59)), range(8))
    assert results == {CoolingDown: 8}
    assert AttemptAllowance.objects.get().used == 1
    results = in_threads(lambda _: begin(quiz, aiko, now + timedelta(seconds=61)), range(8))
    assert results == {services.Started: 1, AttemptLive: 7}
    assert AttemptAllowance.objects.get().used == 2


@pytest.mark.django_db(transaction=True)
def test_of_a_certification_and_other_quizzes_at_a_time_one_starts(edition, aiko):
    certification = make_quiz(edition, mode="certification", certified_level=1)
    quizzes = [certification, make_quiz(edition, mode="placement"), certification, make_quiz(edition, mode="placement")]
    results = in_threads(lambda quiz: begin(quiz, aiko, clock.now()), quizzes)
    assert results == {services.Started: 1, AttemptLive: 3}
    assert Attempt.objects.count() == 1
