"""The register of the twelve member states: facts and law as dated rows with source and confidence. No personal data."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class Source(models.Model):
    """A document that a statement of the register rests on."""

    key = models.CharField(max_length=60, primary_key=True)
    title = models.TextField()
    where = models.TextField(blank=True, default="")
    kind = models.CharField(max_length=120, blank=True, default="")
    document_seen = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.title


class Instrument(models.Model):
    """A regional or national instrument that binds or guides more than one rule."""

    key = models.CharField(max_length=60, primary_key=True)
    title = models.TextField()
    binding = models.BooleanField()
    demands = models.TextField()
    sources = ArrayField(models.CharField(max_length=60), default=list)
    confidence = models.CharField(max_length=10)

    def __str__(self) -> str:
        return self.title


class MemberState(models.Model):
    """One of the twelve states. `facts` keeps names, address, qualifications, workforce and connectivity as registered."""

    code = models.CharField(max_length=2, primary_key=True, help_text="ISO 3166-1 alpha-2")
    alpha3 = models.CharField(max_length=3, unique=True)
    numeric = models.CharField(max_length=3)
    name = models.CharField(max_length=80)
    asean = models.BooleanField()
    since = models.DateField(null=True)
    calling_code = models.CharField(max_length=6)
    time_zones = ArrayField(models.CharField(max_length=40))
    first_day_of_week = models.CharField(max_length=3)
    calendars = ArrayField(models.CharField(max_length=20))
    currency = models.CharField(max_length=3)
    facts = models.JSONField()
    sources = ArrayField(models.CharField(max_length=60), default=list)
    confidence = models.CharField(max_length=10)
    register_as_of = models.DateField()

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class StateLanguage(models.Model):
    """A language of a state with its script and role."""

    state = models.ForeignKey(MemberState, on_delete=models.CASCADE, related_name="languages")
    position = models.PositiveSmallIntegerField()
    tag = models.CharField(max_length=20, help_text="BCP 47")
    script = models.CharField(max_length=4, help_text="ISO 15924")
    role = models.CharField(max_length=40)
    direction = models.CharField(max_length=3, default="ltr")
    population_percent = models.FloatField(null=True)

    class Meta:
        ordering = ["state", "position"]
        constraints = [models.UniqueConstraint(fields=["state", "tag"], name="one_row_per_state_and_language")]

    def __str__(self) -> str:
        return f"{self.state_id} {self.tag}"


class Rule(models.Model):
    """What a state's law says on one point, as known on a day; a later reading closes this row and opens another.

    `unknown` (not established) and `no_rule` (the law sets no value) are values of their own: for both the strict
    default applies (member_states.selectors.rule).
    """

    class Standing(models.TextChoices):
        VALUE = "value", "value"
        NO_RULE = "no_rule", "the law sets none"
        UNKNOWN = "unknown", "not established"

    state = models.ForeignKey(MemberState, on_delete=models.CASCADE, related_name="rules")
    key = models.CharField(max_length=60)
    standing = models.CharField(max_length=8, choices=Standing)
    value = models.JSONField(null=True, blank=True)
    unit = models.CharField(max_length=20, blank=True, default="")
    note = models.TextField(blank=True, default="")
    sources = ArrayField(models.CharField(max_length=60), default=list)
    confidence = models.CharField(max_length=10)
    checked_on = models.DateField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True, help_text="first day on which it no longer holds")

    class Meta:
        ordering = ["state", "key", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["state", "key", "valid_from"], name="one_rule_per_state_key_and_day"),
            # One open row per point: what holds today is never ambiguous.
            models.UniqueConstraint(
                fields=["state", "key"],
                condition=models.Q(valid_to__isnull=True),
                name="one_open_rule_per_state_and_key",
            ),
            models.CheckConstraint(
                condition=models.Q(standing="value", value__isnull=False)
                | ~models.Q(standing="value") & models.Q(value__isnull=True),
                name="a_value_exactly_where_the_rule_has_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state_id} {self.key}"


class PolicyDefault(models.Model):
    """The strict default of a point, for every state whose rule is `unknown` or `no_rule`."""

    key = models.CharField(max_length=60, primary_key=True)
    value = models.JSONField()

    def __str__(self) -> str:
        return self.key


class RegisterLoad(models.Model):
    """One reading of the register's file that changed something; the newest is what the other tables hold."""

    sha256 = models.CharField(max_length=64, help_text="of the file")
    as_of = models.DateField()
    loaded_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.as_of} {self.sha256[:12]}"
