"""Stories: Aiko takes the quiz of her course; Dao, who is nobody here, tries."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.utils.dateparse import parse_datetime

from assessments.attempts import grading
from assessments.attempts.models import Attempt, AttemptAllowance, AttemptItem
from assessments.events import OutcomeRecorded, SkillScore
from assessments.items.models import Item, ItemRevision
from assessments.items.services import bank_of_course
from assessments.tasks import close_expired
from common import clock
from common.ids import new_id
from courses import public as courses
from events.models import Event
from privacy.models import AuditEntry
from tests.assessments.factories import (
    FEEDBACK,
    RIGHT,
    WRONG,
    answers,
    consent,
    edition_of,
    enrol,
    make_bank,
    make_edition,
    make_quiz,
    path,
    text,
    version_of,
)
from tests.assessments.typed_answers import TYPED
from tests.factories import make_learner, signed_in, stored

pytestmark = pytest.mark.django_db
OUTCOME = "assessments.outcome_recorded"


@pytest.fixture
def edition():
    return make_edition()


@pytest.fixture
def quiz(edition):
    make_bank(edition)
    return make_quiz(edition)


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
    """`at(instant)` sets the server's clock."""

    def set_clock(instant: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: instant)

    return set_clock


def start(client, quiz, attempt_id=None, **given):
    answer = client.put(path(attempt_id or new_id()), {"quiz_id": str(quiz.pk), **given})
    assert answer.status_code == 201, answer.content
    return answer.json()


def counts():
    return (
        Attempt.objects.count(),
        AttemptItem.objects.count(),
        list(AttemptAllowance.objects.values_list("used", flat=True)),
        Event.objects.count(),
        AuditEntry.objects.count(),
    )


def test_aiko_takes_the_quiz_in_japanese(client, quiz, edition, aiko):
    listed = client.get(f"/api/v1/editions/{edition.pk}/quizzes")
    assert listed.status_code == 200
    assert listed["Content-Language"] == "ja"
    (offer,) = listed.json()["items"]
    assert (offer["title"], offer["item_count"], offer["attempts_used"]) == ("Quiz ja", 8, 0)

    attempt_id = new_id()
    shown = start(client, quiz, attempt_id)
    assert (shown["id"], shown["language"], shown["state"], shown["number"]) == (str(attempt_id), "ja", "live", 1)
    assert [item["prompt"] for item in shown["items"]] == ["Prompt ja"] * 8
    assert all(item["review"] is None for item in shown["items"])
    assert parse_datetime(shown["due_at"]) - parse_datetime(shown["started_at"]) == timedelta(seconds=600)

    graded = client.put(path(attempt_id, "/submission"), answers(shown))
    assert graded.status_code == 200, graded.content
    body = graded.json()
    assert (body["score"], body["passed"], body["state"]) == (1.0, True, "graded")
    assert {item["review"]["feedback"] for item in body["items"]} == {f"{FEEDBACK} ja"}
    assert client.get(path(attempt_id)).json() == body
    (offer,) = client.get(f"/api/v1/editions/{edition.pk}/quizzes").json()["items"]
    assert (offer["attempts_used"], offer["passed"], offer["live_attempt_id"]) == (1, True, None)

    (entry,) = stored(OutcomeRecorded)
    outcome = entry.event
    assert (outcome.learner_id, outcome.edition_id) == (aiko.pk, edition.pk)
    assert (outcome.quiz_id, outcome.attempt_id, outcome.mode) == (quiz.pk, attempt_id, "assessment")
    assert (outcome.passed, outcome.score) == (True, 1.0)
    assert outcome.skills == tuple(SkillScore(skill=code, answered=4, score=1.0) for code in ("AIS-A1", "AIS-B1"))
    assert (outcome.language, outcome.supervised) == ("ja", False)
    assert {answer.lapsed for answer in outcome.answers} == {False}
    assert outcome.answered_at == Attempt.objects.get(pk=attempt_id).submitted_at
    assert {str(answer.id) for answer in outcome.answers} == {item["id"] for item in shown["items"]}
    for answer in outcome.answers:
        revision = AttemptItem.objects.select_related("revision").get(pk=answer.id).revision
        assert answer.item_id == revision.item_id
        assert answer.difficulty == {"easy": -1.0, "medium": 0.0, "hard": 1.0}[revision.difficulty]
        assert (answer.guess, answer.level) == (revision.guess, revision.level)


def test_starting_again_under_the_same_id_shows_the_same_attempt(client, quiz):
    attempt_id = new_id()
    shown = start(client, quiz, attempt_id)
    before = counts()
    again = client.put(path(attempt_id), {"quiz_id": str(quiz.pk)}, headers={"Accept-Language": "th"})
    assert (again.status_code, again.json()) == (200, shown)
    assert counts() == before


def test_the_language_asked_for_goes_before_the_header_and_the_learner_s(client, quiz):
    assert start(client, quiz, language="th")["language"] == "th"
    AttemptAllowance.objects.all().delete()
    Attempt.objects.all().delete()
    answer = client.put(path(new_id()), {"quiz_id": str(quiz.pk)}, headers={"Accept-Language": "en-GB;q=0.9, xx"})
    assert (answer.json()["language"], answer["Content-Language"]) == ("en", "en")


def test_a_language_that_is_not_offered_starts_nothing(client, quiz):
    before = counts()
    answer = client.put(path(new_id()), {"quiz_id": str(quiz.pk), "language": "my"})
    assert (answer.status_code, answer.json()["code"]) == (400, "language_not_offered")
    assert answer.json()["languages"] == ["en", "ja", "th"]
    assert answer.json()["errors"][0]["pointer"] == "/language"
    assert counts() == before


def test_an_outsider_sees_and_starts_nothing(quiz, edition):
    dao = signed_in(make_learner("TH", name="ดาว", languages=("th",)).user)
    before = counts()
    assert dao.get(f"/api/v1/editions/{edition.pk}/quizzes").status_code == 403
    answer = dao.put(path(new_id()), {"quiz_id": str(quiz.pk)})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_enrolled")
    assert counts() == before


def test_another_person_s_attempt_is_unknown(client, quiz, edition):
    attempt_id = new_id()
    shown = start(client, quiz, attempt_id)
    budi = make_learner("ID", name="Budi", languages=("id",))
    enrol(budi, edition)
    other = signed_in(budi.user)
    before = counts()
    assert other.get(path(attempt_id)).status_code == 404
    assert other.put(path(attempt_id), {"quiz_id": str(quiz.pk)}).status_code == 404
    assert other.put(path(attempt_id, "/submission"), answers(shown)).status_code == 404
    assert other.get(path("").rstrip("/")).json()["items"] == []
    unknown, theirs = other.get(path(new_id())).json(), other.get(path(attempt_id)).json()
    assert {**unknown, "request_id": ""} == {**theirs, "request_id": ""}
    assert counts() == before
    assert Attempt.objects.get(pk=attempt_id).submitted_at is None


def test_nobody_without_a_token_gets_in(quiz, edition):
    from rest_framework.test import APIClient

    for method, target in (
        ("get", f"/api/v1/editions/{edition.pk}/quizzes"),
        ("get", "/api/v1/me/attempts"),
        ("get", path(new_id())),
        ("put", path(new_id())),
        ("put", path(new_id(), "/submission")),
    ):
        assert getattr(APIClient(), method)(target).status_code == 401


def test_an_account_without_a_profile_is_not_enrolled(quiz):
    from tests.factories import make_user

    assert signed_in(make_user()).put(path(new_id()), {"quiz_id": str(quiz.pk)}).status_code == 403


def test_the_same_id_for_another_quiz_or_language_is_refused(client, quiz, edition):
    attempt_id, other = new_id(), make_quiz(edition)
    start(client, quiz, attempt_id)
    before = counts()
    for body in ({"quiz_id": str(other.pk)}, {"quiz_id": str(quiz.pk), "language": "th"}):
        answer = client.put(path(attempt_id), body)
        assert (answer.status_code, answer.json()["code"]) == (409, "attempt_id_reused")
    assert counts() == before


def test_one_live_attempt_at_a_time(client, quiz):
    first = start(client, quiz)
    before = counts()
    answer = client.put(path(new_id()), {"quiz_id": str(quiz.pk)})
    assert (answer.status_code, answer.json()["code"]) == (409, "attempt_live")
    assert answer.json()["attempt_id"] == first["id"]
    assert counts() == before


def test_no_attempt_beyond_the_limit(client, quiz):
    for _ in range(3):
        shown = start(client, quiz)
        client.put(path(shown["id"], "/submission"), {"answers": []})
    before = counts()
    answer = client.put(path(new_id()), {"quiz_id": str(quiz.pk)})
    assert (answer.status_code, answer.json()["code"]) == (409, "attempts_used_up")
    assert counts() == before


def test_a_closed_or_unknown_quiz_takes_nobody(client, quiz):
    quiz.open = False
    quiz.save()
    before = counts()
    answer = client.put(path(new_id()), {"quiz_id": str(quiz.pk)})
    assert (answer.status_code, answer.json()["code"]) == (409, "quiz_closed")
    answer = client.put(path(new_id()), {"quiz_id": str(uuid4())})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (404, "/quiz_id")
    assert counts() == before


def test_a_bank_that_is_too_small_starts_nothing_and_uses_nothing(client, quiz):
    Item.objects.filter(code__startswith="ais-b1").update(retired=True)
    before = counts()
    answer = client.put(path(new_id()), {"quiz_id": str(quiz.pk)})
    assert (answer.status_code, answer.json()["code"]) == (409, "quiz_not_ready")
    assert counts() == before


def test_only_the_newest_approved_revision_is_drawn(client, edition, aiko):
    make_bank(edition, each=1, skills=("AIS-A1",), kinds=("single",))
    (item,) = Item.objects.filter(bank__course=edition.course_id)
    first = item.revisions.get()
    values = {name: getattr(first, name) for name in ("kind", "key", "skills", "level", "difficulty", "guess")}
    content = {language: {**text, "prompt": "Second"} for language, text in first.content.items()}
    ItemRevision.objects.create(item=item, number=2, approved_at=clock.now(), content=content, **values)
    ItemRevision.objects.create(item=item, number=3, content=first.content, **values)
    shown = start(client, make_quiz(edition, pools=[{"skill": "AIS-A1", "count": 1}]))
    assert [entry["prompt"] for entry in shown["items"]] == ["Second"]


def test_items_left_out_or_null_score_nothing_and_are_evidence(client, quiz):
    shown = start(client, quiz)
    given = answers(shown)["answers"]
    given[0]["response"] = None
    body = client.put(path(shown["id"], "/submission"), {"answers": given[:5]}).json()
    assert (body["score"], body["passed"]) == (0.5, False)
    (event,) = Event.objects.filter(kind=OUTCOME)
    assert [answer["score"] for answer in event.payload["answers"]] == [0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0]
    assert sum(skill["answered"] for skill in event.payload["skills"]) == 4
    null = next(item for item in body["items"] if item["id"] == given[0]["item"])
    assert null["review"]["response"] is None


def test_submitting_again_gives_the_same_result_and_other_answers_are_refused(client, quiz):
    shown = start(client, quiz)
    first = client.put(path(shown["id"], "/submission"), answers(shown))
    before = counts()
    again = client.put(path(shown["id"], "/submission"), answers(shown))
    assert (again.status_code, again.json()) == (200, first.json())
    # The same in other words: another order of options, of items, and of a number's digits.
    same = answers(shown, RIGHT | {"multiple": ["a", "c"], "numeric": 42.40})
    same["answers"].reverse()
    assert client.put(path(shown["id"], "/submission"), same).json() == first.json()
    other = client.put(path(shown["id"], "/submission"), answers(shown, WRONG))
    assert (other.status_code, other.json()["code"]) == (409, "already_submitted")
    assert counts() == before


BAD = [
    ("single", 1, "", "not_an_option_id"),
    ("single", ["b"], "", "not_an_option_id"),
    ("single", "z", "", "unknown_option"),
    ("single", "b" * 100_000, "", "unknown_option"),
    ("multiple", "a", "", "not_a_list_of_options"),
    ("multiple", {"a": True}, "", "not_a_list_of_options"),
    ("multiple", ["a", 2], "/1", "not_an_option_id"),
    ("multiple", ["a", "z"], "/1", "unknown_option"),
    ("multiple", ["a", "a"], "/1", "option_repeated"),
    ("numeric", True, "", "not_a_number"),
    ("numeric", "1,0000", "", "number_ambiguous"),
    ("numeric", "1O", "", "letter_for_digit"),
    ("numeric", "四二", "", "not_a_number"),
    ("numeric", "NaN", "", "not_a_number"),
    ("numeric", "1e99", "", "number_out_of_range"),
    ("numeric", "9" * 40, "", "number_out_of_range"),
    ("numeric", "10²", "", "not_a_number"),
    ("numeric", 10**30, "", "number_out_of_range"),
    ("numeric", [42], "", "not_a_number"),
    ("ordering", ["a", "b", "c"], "", "not_every_option"),
    ("ordering", ["a", "b", "c", "c"], "/3", "option_repeated"),
    ("ordering", "cadb", "", "not_a_list_of_options"),
]


@pytest.mark.parametrize(("kind", "response", "place", "reason"), BAD)
def test_an_answer_of_the_wrong_form_is_pointed_at_and_nothing_is_written(
    client, edition, aiko, kind, response, place, reason
):
    make_bank(edition, each=1, skills=("AIS-A1",), kinds=(kind,))
    shown = start(client, make_quiz(edition, pools=[{"skill": "AIS-A1", "count": 1}]))
    before = counts()
    answer = client.put(path(shown["id"], "/submission"), answers(shown, {kind: response}))
    body = answer.json()
    assert (answer.status_code, body["code"], body["reason"]) == (400, "invalid_answer", reason)
    assert body["errors"][0]["pointer"] == f"/answers/0/response{place}"
    assert counts() == before
    assert Attempt.objects.get().submitted_at is None
    assert client.put(path(shown["id"], "/submission"), answers(shown)).json()["score"] == 1.0


def ask_for_numbers(edition, values):
    """A quiz of these numbers, one an item, in the edition's languages."""
    items = [
        Item(pk=new_id(), bank=bank_of_course(edition.course_id), code=f"number-{place}")
        for place in range(len(values))
    ]
    Item.objects.bulk_create(items)
    ItemRevision.objects.bulk_create(
        ItemRevision(
            item=item,
            kind="numeric",
            content={language: text(language, options=(), unit="Rp") for language in edition.languages},
            key={"value": value},
            skills=["AIS-A1"],
            level=1,
            difficulty="easy",
            guess=0.0,
            approved_at=clock.now(),
        )
        for item, value in zip(items, values, strict=True)
    )
    return make_quiz(edition, pools=[{"skill": "AIS-A1", "count": len(values)}])


def test_budi_is_told_which_numbers_have_two_readings_and_mends_only_these():
    edition = make_edition(languages=("id", "en"))
    quiz = ask_for_numbers(edition, [3.5, 10000, 1250000, 20])
    budi, dao = make_learner(), make_learner()
    enrol(budi, edition)
    client = signed_in(budi.user)
    shown = start(client, quiz, language="id")
    key = dict(AttemptItem.objects.filter(attempt_id=shown["id"]).values_list("pk", "revision__key__value"))
    wanted = {3.5: "3,5", 10000: "Rp 10.000", 1250000: "1.250.000", 20: "2O"}
    mended = {**wanted, 10000: "10000", 20: "20"}

    def hand_in(by_value, client=client):
        given = [{"item": item["id"], "response": by_value[key[UUID(item["id"])]]} for item in shown["items"]]
        return given, client.put(
            path(shown["id"], "/submission"), {"answers": given}, headers={"Accept-Language": "id"}
        )

    before = counts()
    given, answer = hand_in(wanted)
    body = answer.json()
    assert (answer.status_code, body["code"], body["reason"]) == (400, "invalid_answer", body["errors"][0]["code"])
    # Each of the two that cannot be read, where it stands, and why, in Indonesian; the other two are not named.
    refused = {error["pointer"]: (error["code"], error["detail"]) for error in body["errors"]}
    place = {answer["response"]: f"/answers/{at}/response" for at, answer in enumerate(given)}
    assert set(refused) == {place["Rp 10.000"], place["2O"]}
    reason, detail = refused[place["Rp 10.000"]]
    assert reason == "number_ambiguous"
    assert detail.startswith("“10.000” dapat dibaca sebagai 10 atau 10000")
    assert refused[place["2O"]][0] == "letter_for_digit"
    assert counts() == before

    _, stranger = hand_in(mended, signed_in(dao.user))
    assert stranger.status_code == 404
    assert counts() == before
    _, graded = hand_in(mended)
    assert (graded.status_code, graded.json()["score"]) == (200, 1.0)
    assert {item["review"]["response"] for item in graded.json()["items"]} == {"3.5", "10000", "1250000", "20"}


def test_what_budi_never_mended_counts_as_left_open_once_his_time_is_over(at):
    edition = make_edition(languages=("id",))
    quiz = ask_for_numbers(edition, [10000])
    budi = make_learner()
    enrol(budi, edition)
    client = signed_in(budi.user)
    now = clock.now()
    shown = start(client, quiz, language="id")
    bad = {"answers": [{"item": shown["items"][0]["id"], "response": "10.000"}]}
    assert client.put(path(shown["id"], "/submission"), bad).status_code == 400
    at(now + timedelta(hours=1))
    close_expired()
    attempt = Attempt.objects.get()
    assert (attempt.score, attempt.expired) == (0.0, True)
    assert list(attempt.items.values_list("response", "score")) == [(None, 0.0)]


# One for each key, so that each is an item of its own.
_WORDS = {answer.key: answer for answer in TYPED if answer.becomes == "right" and answer.kind == "text"}
FIFTEEN = list(_WORDS.values())[::4][:15]


def test_fifteen_right_answers_typed_as_phones_type_them_are_fifteen_right_answers():
    edition = make_edition(languages=("en",))
    items = [Item(pk=new_id(), bank=bank_of_course(edition.course_id), code=f"word-{place}") for place in range(15)]
    Item.objects.bulk_create(items)
    ItemRevision.objects.bulk_create(
        ItemRevision(
            item=item,
            kind="text",
            content={"en": text("en", options=())},
            key={"accept": {"*": [answer.key]}},
            skills=["AIS-A1"],
            level=1,
            difficulty="easy",
            guess=0.0,
            approved_at=clock.now(),
        )
        for item, answer in zip(items, FIFTEEN, strict=True)
    )
    aiko = make_learner()
    enrol(aiko, edition)
    client = signed_in(aiko.user)
    shown = start(client, make_quiz(edition, pools=[{"skill": "AIS-A1", "count": 15}]))
    typed = {answer.key: answer.typed for answer in FIFTEEN}
    keys = dict(AttemptItem.objects.values_list("pk", "revision__key"))
    given = [
        {"item": item["id"], "response": typed[keys[UUID(item["id"])]["accept"]["*"][0]]} for item in shown["items"]
    ]
    graded = client.put(path(shown["id"], "/submission"), {"answers": given}).json()
    assert (len(FIFTEEN), graded["score"]) == (15, 1.0)


def test_items_that_are_not_of_the_attempt_are_refused(client, quiz):
    shown = start(client, quiz)
    ours = shown["items"][0]
    answer = {"item": ours["id"], "response": RIGHT[ours["kind"]]}
    for given, pointer in (
        ([{"item": str(uuid4()), "response": "a"}], "/answers/0/item"),
        ([answer, answer], "/answers/1/item"),
    ):
        refused = client.put(path(shown["id"], "/submission"), {"answers": given})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, pointer)
    for body, pointer in (
        ({"answers": {}}, "/answers"),
        ({"answers": [5]}, "/answers/0"),
        ({"answers": [{"item": "x", "response": 1}]}, "/answers/0/item"),
        ({"answers": [{"item": str(uuid4())}]}, "/answers/0/response"),
        ({"answers": [], "score": 1}, "/score"),
        ({"answers": [{**answer, "correct": True}]}, "/answers/0/correct"),
        ([], ""),
    ):
        refused = client.put(path(shown["id"], "/submission"), body)
        assert refused.status_code == 400
        assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    assert Attempt.objects.get().submitted_at is None


def test_nothing_secret_is_shown_before_grading(client, quiz, edition):
    attempt_id = new_id()
    responses = [
        client.get(f"/api/v1/editions/{edition.pk}/quizzes"),
        client.put(path(attempt_id), {"quiz_id": str(quiz.pk)}),
        client.put(path(attempt_id), {"quiz_id": str(quiz.pk)}),
        client.put(path(new_id()), {"quiz_id": str(quiz.pk)}),
        client.get(path(attempt_id)),
        client.get("/api/v1/me/attempts"),
    ]
    shown = responses[1].json()
    for item in shown["items"]:
        responses += [
            client.put(path(attempt_id, "/submission"), {"answers": [{"item": item["id"], "response": response}]})
            for response in ({}, True, ["a", "nope"], "nope", [])
            if not (item["kind"] == "multiple" and response == [])
        ]
    assert Attempt.objects.get().submitted_at is None
    for answer in responses:
        body = answer.content.decode()
        assert FEEDBACK not in body
        for secret in ("correct", "tolerance", "guess", "difficulty", "hard", "easy", "key", "order", "seed"):
            assert f'"{secret}"' not in body
        assert str(Attempt.objects.get().seed) not in body
    # After grading: right or wrong and the feedback, still not the key.
    graded = client.put(path(attempt_id, "/submission"), answers(shown, WRONG)).content.decode()
    assert FEEDBACK in graded
    for secret in ("key", "tolerance", "guess", "difficulty", "order", "seed"):
        assert f'"{secret}"' not in graded


def test_answers_in_the_grace_count_and_later_ones_do_not(client, quiz, at):
    for late_by, status in ((timedelta(seconds=29), 200), (timedelta(seconds=31), 409)):
        shown = start(client, quiz)
        with pytest.MonkeyPatch.context() as patched:
            instant = parse_datetime(shown["due_at"]) + late_by
            patched.setattr(clock, "now", lambda instant=instant: instant)
            answer = client.put(path(shown["id"], "/submission"), answers(shown))
        assert answer.status_code == status
    assert answer.json()["code"] == "attempt_expired"
    row = Attempt.objects.get(pk=shown["id"])
    assert (row.expired, row.score, row.passed, row.submitted_at) == (True, 0.0, False, row.due_at)
    before = counts()
    assert client.put(path(shown["id"], "/submission"), answers(shown)).json()["code"] == "attempt_expired"
    assert client.put(path(shown["id"], "/submission"), {"answers": []}).json()["code"] == "attempt_expired"
    assert counts() == before
    event = stored(OutcomeRecorded)[-1].event
    assert (event.passed, event.score) == (False, 0.0)
    assert {(answer.score, answer.lapsed) for answer in event.answers} == {(0.0, True)}
    assert {skill.answered for skill in event.skills} == {0}
    shown = client.get(path(shown["id"])).json()
    assert (shown["state"], shown["score"]) == ("expired", 0.0)


def test_an_overdue_attempt_gives_way_to_the_next(client, quiz, at):
    first = start(client, quiz)
    at(parse_datetime(first["due_at"]) + timedelta(minutes=1))
    assert client.get(path(first["id"])).json()["state"] == "expired"
    second = start(client, quiz)
    assert second["number"] == 2
    assert Attempt.objects.get(pk=first["id"]).expired
    assert Event.objects.filter(kind=OUTCOME).count() == 1


def test_what_nobody_submits_is_closed_by_the_beat_once(edition, quiz, at, query_budget):
    cast = [make_learner() for _ in range(12)]
    for learner in cast:
        enrol(learner, edition)
        shown = start(signed_in(learner.user), quiz)
    at(parse_datetime(shown["due_at"]) + timedelta(seconds=20))
    assert grading.close_expired(now=clock.now()) == 0
    at(parse_datetime(shown["due_at"]) + timedelta(minutes=2))
    courses.framework()  # kept by the process from the first time it is asked for
    with query_budget(9):
        close_expired()
    assert Attempt.objects.filter(expired=True, score=0).count() == 12
    assert AttemptItem.objects.filter(score=0, response__isnull=True).count() == 12 * 8
    assert Event.objects.filter(kind=OUTCOME).count() == 12
    close_expired()
    assert Event.objects.filter(kind=OUTCOME).count() == 12


def test_without_the_consent_nothing_is_added(client, quiz, aiko, at):
    shown = start(client, quiz)
    consent(aiko, given=False)
    refused = client.put(path(shown["id"], "/submission"), answers(shown))
    assert (refused.status_code, refused.json()["code"]) == (403, "consent_missing")
    assert refused.json()["purpose"] == "learning_records"
    assert Attempt.objects.get(pk=shown["id"]).submitted_at is None
    # Given again in time, the attempt goes on.
    consent(aiko)
    assert client.put(path(shown["id"], "/submission"), answers(shown)).json()["score"] == 1.0
    consent(aiko, given=False)
    # A repeat is answered as the first time, for it records nothing.
    assert client.put(path(shown["id"], "/submission"), answers(shown)).json()["score"] == 1.0
    other = client.put(path(new_id()), {"quiz_id": str(quiz.pk)})
    assert (other.status_code, other.json()["code"]) == (403, "consent_missing")
    assert (Attempt.objects.count(), AttemptAllowance.objects.get().used) == (1, 1)
    assert Event.objects.filter(kind=OUTCOME).count() == 1


def test_what_is_left_open_without_the_consent_is_closed_and_not_published(edition, quiz, aiko, client, at):
    budi = make_learner()
    enrol(budi, edition)
    shown = start(client, quiz)
    start(signed_in(budi.user), quiz)
    consent(aiko, given=False)
    at(parse_datetime(shown["due_at"]) + timedelta(minutes=2))
    close_expired()
    assert Attempt.objects.filter(expired=True, score=0).count() == 2
    assert [event.payload["learner_id"] for event in Event.objects.filter(kind=OUTCOME)] == [str(budi.pk)]


def test_the_list_goes_page_by_page_newest_first(client, quiz, edition, aiko):
    start_of_day = clock.now()
    made = []
    for number in range(7):
        made.append(
            Attempt.objects.create(
                quiz=quiz,
                edition=edition_of(quiz),
                quiz_version=version_of(quiz),
                learner=aiko,
                number=number + 1,
                seed=1,
                language="ja",
                started_at=start_of_day + timedelta(minutes=number // 3),
                due_at=start_of_day,
                submitted_at=start_of_day,
                score=0.5,
                passed=False,
            )
        )
    expected = [str(entry.pk) for entry in sorted(made, key=lambda entry: (entry.started_at, entry.pk), reverse=True)]
    seen, target = [], "/api/v1/me/attempts?limit=3"
    while target:
        answer = client.get(target)
        assert answer.status_code == 200
        seen += [item["id"] for item in answer.json()["items"]]
        cursor = answer.json()["next"]
        target = f"/api/v1/me/attempts?limit=3&cursor={cursor}" if cursor else ""
    assert seen == expected
    assert client.get("/api/v1/me/attempts?cursor=nonsense").status_code == 400
    assert client.get("/api/v1/me/attempts?limit=0").status_code == 400


@pytest.mark.parametrize("count", [10, 50])
def test_as_many_queries_for_ten_items_as_for_fifty(client, edition, aiko, query_budget, count):
    make_bank(edition, each=count, skills=("AIS-A1",))
    quiz = make_quiz(edition, pools=[{"skill": "AIS-A1", "count": count}])
    client.get(f"/api/v1/editions/{edition.pk}/quizzes")
    attempt_id = new_id()
    # With the savepoints that stand for the transactions here.
    with query_budget(25):
        shown = start(client, quiz, attempt_id)
    with query_budget(10):
        assert client.put(path(attempt_id, "/submission"), answers(shown)).json()["score"] == 1.0
    with query_budget(2):
        client.get(path(attempt_id))
    with query_budget(1):
        client.get("/api/v1/me/attempts")
    with query_budget(7):
        client.get(f"/api/v1/editions/{edition.pk}/quizzes")


def test_ids_of_evidence_follow_the_order_of_the_items(client, quiz):
    shown = start(client, quiz)
    ids = [UUID(item["id"]) for item in shown["items"]]
    assert ids == sorted(ids)
