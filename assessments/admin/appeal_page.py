"""What a reviewer needs to decide an appeal, on one screen: the disputed result, what led to it, what happened since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanWidget,
)

from assessments.appeals import rules
from assessments.appeals.models import Appeal, AppealDecision
from assessments.appeals.rules import Bounds, Remedy
from assessments.attempts.models import AttemptItem, ScoreCorrection
from assessments.files.selectors import Download, described, file_of
from assessments.items.kinds import KINDS
from assessments.items.kinds.rubric import Rubric
from assessments.marking.selectors import Points, points_by_item
from common import clock
from common.errors import NotFound
from common.languages import choose
from courses import public as courses
from learners import public as learners


@dataclass(frozen=True)
class AnswerView:
    """One answer behind the result. `key` only for who may see keys; `fields` of the decision's form, if disputed."""

    item: AttemptItem
    language: str
    prompt: str
    options: Sequence[Mapping[str, Any]]
    response: str
    # (id, media type, bytes) of what was handed in with it.
    files: Sequence[tuple[UUID, str, int]]
    key: str
    feedback: str
    marks: Sequence[Points]
    moved: str
    fields: Sequence[forms.BoundField] = ()


@dataclass(frozen=True)
class StepShown:
    """Something that happened to the appeal, by the clock of the learner's state."""

    when: str
    what: str
    reviewer_name: str


@dataclass(frozen=True)
class LevelShown:
    """A level that the skill had, since when, and whether people gave it and why."""

    when: str
    level: int
    by_people: bool
    cause: str
    reason: str


@dataclass(frozen=True)
class SkillShown:
    """One skill as the learner reads it, and its history."""

    code: str
    name: str
    level: int
    level_name: str
    probability: float
    provisional: bool
    history: Sequence[LevelShown]


def in_zone(instant: datetime, zone: str) -> str:
    """An instant as the clock shows it there, with the zone's name."""
    there = timezone.localtime(instant, ZoneInfo(zone))
    return f"{date_format(there, 'j M Y, H:i')} ({zone})"


class DecisionForm(forms.Form):
    """Outcome, reason, and what changes: fields for exactly what the appeal disputes (`bounds`)."""

    # None is chosen beforehand: a default would decide for those who are in a hurry.
    outcome = forms.ChoiceField(
        choices=[("", "choose…"), *AppealDecision.Outcome.choices], widget=UnfoldAdminSelectWidget
    )
    reason = forms.CharField(
        max_length=rules.MAX_WORDS,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
        help_text="The learner reads this, and your name with it.",
    )

    def __init__(self, bounds: Bounds, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bounds = bounds
        for skill, (held, most) in bounds.levels.items():
            choices = [("", f"stays at {held}"), *((str(n), f"level {n}") for n in range(held + 1, most + 1))]
            self.fields[f"level-{skill}"] = forms.ChoiceField(
                choices=choices, required=False, label=f"Level in {skill}", widget=UnfoldAdminSelectWidget
            )
        for item in bounds.changeable:
            stands = bounds.scores.get(item)
            if stands is None:
                continue
            if stands < 1:
                self.fields[f"score-{item}"] = forms.FloatField(
                    required=False,
                    min_value=stands,
                    max_value=1,
                    label="New score",
                    widget=UnfoldAdminDecimalFieldWidget,
                    help_text=f"Above {stands:.2f}, at most 1.",
                )
            self.fields[f"strike-{item}"] = forms.BooleanField(
                required=False, label="Strike: counts for nothing", widget=UnfoldBooleanWidget
            )
        if bounds.new_try:
            self.fields["new_try"] = forms.BooleanField(
                required=False, label="Grant one more try", widget=UnfoldBooleanWidget
            )

    def of_levels(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("level-")]

    def of_item(self, item: UUID) -> list[forms.BoundField]:
        return [self[name] for name in (f"score-{item}", f"strike-{item}") if name in self.fields]

    def remedy(self) -> Remedy:
        """What the fields say; of a valid form."""
        given = self.cleaned_data
        scores: dict[UUID, float | None] = {}
        for item in self.bounds.changeable:
            if given.get(f"score-{item}") is not None:
                scores[item] = given[f"score-{item}"]
            if given.get(f"strike-{item}"):
                scores[item] = None
        levels = {skill: int(given[f"level-{skill}"]) for skill in self.bounds.levels if given.get(f"level-{skill}")}
        return Remedy(levels, scores, bool(given.get("new_try")))


def title_of(appeal: Appeal) -> str:
    """What is disputed, in a few words."""
    if appeal.kind == rules.LEVEL:
        return f"Level in {appeal.skill}"
    if appeal.achievement:
        return f"Achievement {appeal.achievement} not awarded"
    if appeal.level_assessment_id:
        return f"Level {appeal.disputed['asked']} in {appeal.disputed['skill']} refused by assessors"
    if appeal.kind == rules.SCORE:
        return "Score of an item" if appeal.item_id else "Score of an attempt"
    return "Attempt that ran out of time" if appeal.disputed.get("expired") else "Attempt not passed"


def result_of(appeal: Appeal) -> list[tuple[str, str]]:
    """The disputed result as it stood when the appeal was opened: (what, value)."""
    shown = appeal.disputed
    rows: list[tuple[str, str]] = []
    if "score" in shown:
        rows.append(("Score of the attempt", f"{shown['score']:.0%}"))
        rows.append(("Passed", "yes" if shown["passed"] else "no"))
    if appeal.item_id:
        rows.append(("Score of the item", f"{shown['items'][str(appeal.item_id)]:.2f}"))
    if "level" in shown:
        rows.append(("Level", str(shown["level"]) if shown["level"] else "none yet"))
    if "asked" in shown:
        rows.append(("Level asked for", str(shown["asked"])))
    if "completed" in shown:
        rows.append(("Course completed", "yes" if shown["completed"] else "no"))
        rows += [
            (
                f"{skill['skill']}: level {skill['wanted']} is asked",
                f"level {skill['level']}" if skill["level"] else "none yet",
            )
            for skill in shown["skills"]
        ]
    return rows


def skills_of(appeal: Appeal) -> list[str]:
    """Codes of the skills that the appeal is about."""
    if appeal.skill:
        return [appeal.skill]
    if "asked" in appeal.disputed:
        return [appeal.disputed["skill"]]
    return [skill["skill"] for skill in appeal.disputed.get("skills", ())]


def explanation(appeal: Appeal) -> tuple[list[SkillShown], dict[UUID, str]]:
    """The skills concerned as the learner's own explanation lists them, and its sentence for each answer."""
    wanted = skills_of(appeal)
    if not wanted and appeal.attempt_id is None:
        return [], {}
    document, _ = learners.explanation(
        learner_id=appeal.learner_id, accept_language=get_language() or "en", now=clock.now()
    )
    history = learners.level_history(appeal.learner_id) if wanted else []
    shown = [
        SkillShown(
            item["code"],
            item["name"],
            item["level"],
            item["level_name"] or "",
            item["probability"],
            item["provisional"],
            [
                LevelShown(
                    in_zone(change.at, appeal.due_time_zone),
                    change.level,
                    change.decision_id is not None,
                    change.cause,
                    change.reason,
                )
                for change in history
                if change.skill == item["code"]
            ],
        )
        for item in document["items"]
        if item["code"] in wanted
    ]
    # About an attempt, all of its answers are shown; about a level, those on its skill.
    relevant = [item for item in document["items"] if not wanted or item["code"] in wanted]
    moved = {UUID(str(evidence["id"])): evidence["explanation"] for item in relevant for evidence in item["evidence"]}
    # What was corrected is recorded under the correction's id.
    corrected = dict(ScoreCorrection.objects.filter(pk__in=list(moved)).values_list("pk", "item_id"))
    return shown, {corrected.get(evidence, evidence): sentence for evidence, sentence in moved.items()}


def steps(appeal: Appeal) -> list[StepShown]:
    """What happened to the appeal, oldest first."""
    return [
        StepShown(in_zone(step.at, appeal.due_time_zone), step.get_what_display(), step.reviewer_name)
        for step in appeal.steps.order_by("pk")
    ]


def answers(
    appeal: Appeal, moved: Mapping[UUID, str], *, form: DecisionForm | None, with_keys: bool
) -> list[AnswerView]:
    """The answers of the disputed attempt, or those behind the disputed level, newest attempt first."""
    by_item = points_by_item(appeal.attempt_id) if appeal.attempt_id else {}
    return [
        _answer(row, moved.get(row.pk, ""), by_item.get(row.pk, ()), form, with_keys)
        for row in _rows(appeal, moved).order_by("-attempt__started_at", "attempt_id", "position")
    ]


def file(appeal: Appeal, file_id: UUID) -> Download:
    """A file that was handed in with one of the answers of the appeal's page.

    Raises:
        NotFound: none of these answers has such a file.
    """
    moved = {} if appeal.attempt_id is not None else explanation(appeal)[1]
    row = _rows(appeal, moved).filter(response__files__contains=str(file_id)).first()
    if row is None:
        raise NotFound()
    return file_of(file_id=file_id, attempt_id=row.attempt_id)


def _rows(appeal: Appeal, moved: Mapping[UUID, str]) -> QuerySet[AttemptItem]:
    rows = AttemptItem.objects.select_related("revision__item", "attempt")
    if appeal.attempt_id is None:
        return rows.filter(pk__in=list(moved), attempt__learner_id=appeal.learner_id)
    rows = rows.filter(attempt_id=appeal.attempt_id, attempt__learner_id=appeal.learner_id)
    return rows if appeal.item_id is None else rows.filter(pk=appeal.item_id)


def _answer(
    row: AttemptItem, moved: str, given: Sequence[Points], form: DecisionForm | None, with_keys: bool
) -> AnswerView:
    content = row.revision.content
    language = choose("", [row.attempt.language], list(content), next(iter(content), "en"))
    text = content.get(language, {})
    kind = KINDS[row.revision.kind]
    response: Any = row.response
    files: Sequence[tuple[UUID, str, int]] = ()
    if kind.marked_by_people and response:
        response, named = response.get("text", ""), response.get("files", [])
        files = described(attempt_id=row.attempt_id, file_ids=named) if named else ()
    return AnswerView(
        item=row,
        language=language,
        prompt=text.get("prompt", ""),
        options=text.get("options", ()),
        response="" if response is None else _as_text(response),
        files=files,
        key=_key(row, language) if with_keys else "",
        feedback=text.get("feedback", ""),
        marks=given,
        moved=moved,
        fields=form.of_item(row.pk) if form else (),
    )


def _key(row: AttemptItem, language: str) -> str:
    """The key as its author wrote it; of a rubric only what holds in the attempt's language."""
    kind, key = KINDS[row.revision.kind], row.revision.key
    if not kind.marked_by_people:
        return kind.key_text(key)
    parts = [
        "\n".join(
            [
                criterion.title[language],
                *(f"{points}: {text[language]}" for points, text in sorted(criterion.levels.items())),
            ]
        )
        for criterion in Rubric.of(key).criteria
    ]
    return "\n\n".join(parts)


def _as_text(response: Any) -> str:
    if isinstance(response, list):
        return ", ".join(_as_text(part) for part in response)
    if isinstance(response, dict):
        return "; ".join(f"{name}: {_as_text(value)}" for name, value in response.items())
    return str(response)


def due_rule_of(appeal: Appeal) -> str:
    """Why the appeal is due when it is."""
    rule = appeal.due_rule
    source = (
        "the programme's strict default, for no law of the state is on record"
        if rule["from_default"]
        else "the state's law"
    )
    return f"{rule['value']} {rule['unit'].replace('_', ' ')}: {source}"


def framework_note() -> str:
    """The version of the framework that levels are decided under."""
    framework = courses.framework()
    return f"{framework.code} {framework.version}"
