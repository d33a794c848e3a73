"""The bank: loaded from files, frozen by the database, and its starter files sound."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid5

import pytest
from django.db import IntegrityError, transaction

from assessments.errors import InvalidItem, InvalidQuiz
from assessments.items import services
from assessments.items.models import Item, ItemRevision
from assessments.quizzes.loading import load_bank
from assessments.quizzes.models import Quiz
from assessments.quizzes.services import set_open
from common import clock
from privacy.models import AuditEntry
from tests.assessments.factories import make_bank, make_edition

pytestmark = pytest.mark.django_db

ITEM = """
[[items]]
code = "{code}"
kind = "single"
skills = ["AIS-A1"]
level = 1
difficulty = "easy"
guess = 0.5
[items.key]
correct = "a"
[items.content.en]
prompt = "{prompt}"
options = [{{ id = "a", text = "Yes" }}, {{ id = "b", text = "No" }}]
feedback = "Because."
"""
QUIZ = """
slug = "final"
mode = "assessment"
attempt_limit = 2
time_limit_s = 900
pass_share = "0.7"
pools = [{ skill = "AIS-A1", count = 2 }]
[titles]
en = "Final"
"""


@pytest.fixture
def edition():
    return make_edition(languages=("en",))


def write(folder: Path, prompts: dict[str, str], quiz: str = QUIZ) -> Path:
    (folder / "items.toml").write_text("".join(ITEM.format(code=code, prompt=text) for code, text in prompts.items()))
    (folder / "quiz.toml").write_text(quiz)
    return folder


def test_loading_twice_changes_nothing_and_a_changed_item_is_a_new_revision(tmp_path, edition):
    write(tmp_path, {"one": "First?", "two": "Second?"})
    loaded = load_bank(tmp_path, course_id=edition.course_id)
    assert (loaded.added, loaded.revised, loaded.unchanged) == (2, 0, 0)
    assert Item.objects.get(code="one").pk == uuid5(edition.course_id, "items/one")
    quiz = Quiz.objects.get()
    assert (quiz.pk, quiz.open, str(quiz.pass_share)) == (loaded.quiz_id, True, "0.700")
    audited = AuditEntry.objects.count()

    again = load_bank(tmp_path, course_id=edition.course_id)
    assert (again.added, again.revised, again.unchanged) == (0, 0, 2)
    assert AuditEntry.objects.count() == audited

    write(tmp_path, {"one": "First, better?", "two": "Second?"}, QUIZ.replace("0.7", "0.65"))
    third = load_bank(tmp_path, course_id=edition.course_id)
    assert (third.added, third.revised, third.unchanged) == (0, 1, 1)
    assert [
        (item_revision.number, item_revision.approved_at is not None)
        for item_revision in ItemRevision.objects.filter(item__code="one")
    ] == [(2, True), (1, True)]
    assert str(Quiz.objects.get().pass_share) == "0.650"


def test_loading_does_not_undo_what_a_trainer_approved_or_closed(tmp_path, edition):
    write(tmp_path, {"one": "First?", "two": "Second?"})
    load_bank(tmp_path, course_id=edition.course_id)
    item = Item.objects.get(code="one")
    draft = services.draft_of(item.revisions.get())
    draft = type(draft)(**{**draft.values(), "skills": draft.skills, "difficulty": "hard"})
    services.save_draft(item_id=item.pk, draft=draft, actor="trainer")
    services.approve(item_id=item.pk, actor="trainer", now=clock.now())
    set_open(quiz_id=Quiz.objects.get().pk, opened=False, actor="trainer")
    load_bank(tmp_path, course_id=edition.course_id)
    assert item.revisions.first().difficulty == "hard"
    assert not Quiz.objects.get().open


@pytest.mark.parametrize(
    ("prompts", "quiz", "error", "says"),
    [
        ({"one": " "}, QUIZ, InvalidItem, "item one /content/en/prompt: is missing"),
        ({"one": "First?"}, QUIZ, InvalidQuiz, "in en: AIS-A1 asks for 2 items, the bank has 1"),
        ({"one": "A?", "two": "B?"}, QUIZ + 'de = "x"\n[more]\n', InvalidQuiz, "quiz.toml: more is not known"),
        ({"one": "A?", "two": "B?"}, QUIZ.replace('"0.7"', '"most"'), InvalidQuiz, "pass_share is not a number"),
        ({"one": "A?", "two": "B?"}, QUIZ.replace("en =", "fr ="), InvalidQuiz, "/titles/en: is missing"),
    ],
)
def test_files_with_a_issue_are_refused_as_a_whole_and_say_where(tmp_path, edition, prompts, quiz, error, says):
    write(tmp_path, prompts, quiz)
    with pytest.raises(error, match=says):
        load_bank(tmp_path, course_id=edition.course_id)
    assert not Item.objects.exists()
    assert not Quiz.objects.exists()


def test_the_database_refuses_to_change_or_delete_what_is_approved(edition):
    (revision,) = make_bank(edition, each=1, skills=("AIS-A1",))
    for change in (
        lambda: ItemRevision.objects.filter(pk=revision.pk).update(key={"correct": "a"}),
        lambda: ItemRevision.objects.filter(pk=revision.pk).update(approved_at=None),
        lambda: revision.delete(),
        lambda: revision.item.delete(),
    ):
        with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
            change()


def test_saving_over_a_draft_overwrites_it_and_over_an_approved_revision_makes_another(edition):
    (first,) = make_bank(edition, each=1, skills=("AIS-A1",), kinds=("single",))
    draft = services.draft_of(first)
    assert services.save_draft(item_id=first.item_id, draft=draft, actor="x").number == 1

    def harder(level):
        return type(draft)(**{**draft.values(), "skills": draft.skills, "level": level})

    for level in (3, 4, 4):
        assert services.save_draft(item_id=first.item_id, draft=harder(level), actor="x").number == 2
    services.approve(item_id=first.item_id, actor="x", now=clock.now())
    services.approve(item_id=first.item_id, actor="x", now=clock.now())
    assert services.save_draft(item_id=first.item_id, draft=harder(5), actor="x").number == 3
    with pytest.raises(InvalidItem):
        services.save_draft(item_id=first.item_id, draft=harder(9), actor="x")
    assert AuditEntry.objects.filter(action="item.approved").count() == 1


def test_the_starter_bank_loads(query_budget):
    folder = Path(__file__).parents[2] / "assessments" / "content" / "ai-at-work-first-steps"
    edition = make_edition(languages=("en", "ja", "th", "id"))
    # As many statements for 24 items as for one.
    with query_budget(40):
        loaded = load_bank(folder, course_id=edition.course_id)
    assert loaded.added == 24
    assert sum(pool["count"] for pool in Quiz.objects.get(pk=loaded.quiz_id).pools) == 10
    assert load_bank(folder, course_id=edition.course_id).unchanged == 24
