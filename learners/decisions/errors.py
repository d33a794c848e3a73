"""What can go wrong with levels that people decide."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.errors import DomainError


class LevelNotOfSkill(DomainError):
    """The framework does not know the skill, or the skill has no such level."""

    code, status, title = "level_not_of_skill", 422, _("This skill has no such level")


class OwnCase(DomainError):
    """Nobody decides about their own level."""

    code, status, title = "own_case", 403, _("You cannot decide about yourself")


class DecisionIdTaken(DomainError):
    """The id stands for another decision or freeze: make a new one."""

    code, status, title = "decision_id_taken", 409, _("This id stands for something else")


class LevelFrozen(DomainError):
    """The level is frozen already, under the id in `freeze_id`."""

    code, status, title = "level_frozen", 409, _("This level is under review already")
    member_types = {"freeze_id": UUID}
