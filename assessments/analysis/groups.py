"""The groups of learners that item analysis compares.

A factor is a name and a function from learners' ids to their group, a short text; a learner it leaves out is of unknown
group. A factor that rests on a voluntary statement (gender, say) is one more line in `OF_LEARNERS`, with a function of
`learners.public`. What an attempt itself says (language, kind of device) needs none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from uuid import UUID

from learners import public as learners

Grouping = Callable[[Collection[UUID]], Mapping[UUID, str]]

OF_LEARNERS: dict[str, Grouping] = {"member_state": learners.states_of, "gender": learners.genders_of}

LANGUAGE, DEVICE, AGE = "language", "device_class", "age_band"

# Design values: working life in five parts, each long enough to hold people.
_BANDS = ((25, "under 25"), (35, "25-34"), (45, "35-44"), (55, "45-54"))
_OLDEST = "55 and over"


def age_band(birth_year: int, *, year: int) -> str:
    """Return the band of the age that somebody born in `birth_year` reaches in `year`."""
    return next((band for below, band in _BANDS if year - birth_year < below), _OLDEST)


def of_learners(learner_ids: Collection[UUID], *, year: int) -> Mapping[str, Mapping[UUID, str]]:
    """Return for each factor of learners the group of each; one query a factor."""
    born = learners.birth_years_of(learner_ids)
    return {
        **{factor: group_of(learner_ids) for factor, group_of in OF_LEARNERS.items()},
        AGE: {learner_id: age_band(birth_year, year=year) for learner_id, birth_year in born.items()},
    }
