"""The scoring rules' place in the admin."""

from __future__ import annotations

from django.db import models


class ScoringRuleCard(models.Model):
    """No table and no rows: cards are files in data/. This name gives their admin page its address and permission."""

    class Meta:
        managed = False
        default_permissions = ("view",)
        verbose_name = "scoring rule"

    def __str__(self) -> str:
        return "scoring rule"
