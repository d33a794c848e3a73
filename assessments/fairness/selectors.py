"""What the monitor counts, and the newest report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from assessments.attempts.models import Attempt
from assessments.fairness import rules
from assessments.fairness.models import FairnessReport
from assessments.fairness.rules import Observation, Rule
from assessments.quizzes.models import Quiz
from courses import public as courses
from learners import public as learners

# So many learners are looked up at a time.
CHUNK = 5_000


@dataclass(frozen=True)
class FirstAttempts:
    """Outcomes to compare, the languages that each quiz is offered in, and of whom an outcome is the first."""

    observations: Sequence[Observation]
    first_of_person: Sequence[bool]
    languages: Mapping[UUID, Sequence[str]]


def first_attempts(*, since: datetime, until: datetime, rule: Rule) -> FirstAttempts:
    """Return everybody's first attempt at each quiz that counts, if it was submitted in the window.

    Later attempts are of those who failed before, and would count people twice. An attempt that the clock closed counts
    as it does for the learner: not passed. Two queries, and four for every 5,000 learners.
    """
    rows = list(
        Attempt.objects.filter(number=1, submitted_at__gte=since, submitted_at__lt=until, passed__isnull=False)
        .exclude(quiz__mode=Quiz.Mode.PRACTICE)
        .order_by("submitted_at", "pk")
        .values_list("learner_id", "quiz_id", "edition_id", "language", "device_class", "passed")
    )
    who = groups_of({row[0] for row in rows}, year=until.year, rule=rule)
    seen: set[UUID] = set()
    observations, first = [], []
    edition_of: dict[UUID, UUID] = {}
    for learner_id, quiz_id, edition_id, language, device, passed in rows:
        groups = {**who.get(learner_id, {}), "language": language}
        if device:
            groups["device_class"] = device
        observations.append(Observation(quiz_id, bool(passed), groups))
        first.append(learner_id not in seen)
        seen.add(learner_id)
        edition_of[quiz_id] = edition_id
    editions = courses.editions(set(edition_of.values())) if edition_of else {}
    return FirstAttempts(
        observations, first, {quiz: sorted(editions[edition].languages) for quiz, edition in edition_of.items()}
    )


def groups_of(learner_ids: Iterable[UUID], *, year: int, rule: Rule) -> Mapping[UUID, Mapping[str, str]]:
    """Return gender, age band and member state of each learner, as far as they are known."""
    found: dict[UUID, dict[str, str]] = {}
    waiting = iter(sorted(learner_ids))
    while chunk := list(islice(waiting, CHUNK)):
        for learner_id, state in learners.states_of(chunk).items():
            found[learner_id] = {"member_state": state}
        for learner_id, born in learners.birth_years_of(chunk).items():
            band = rule.age_band(year - born)
            if band is not None:
                found[learner_id]["age_band"] = band
        for learner_id, gender in learners.genders_of(chunk).items():
            found[learner_id]["gender"] = gender
    return found


def newest_report() -> FairnessReport | None:
    """The newest report; one query."""
    return FairnessReport.objects.order_by("-day").first()


def dimensions_of_people(rule: Rule, states: Iterable[str]) -> dict[str, Sequence[str]]:
    """Every group there could be of what is known about people, by dimension."""
    return {
        "gender": rules.GENDERS,
        "age_band": [rules.name_of(band) for band in rule.age_bands],
        "member_state": sorted(states),
    }
