"""Versions, which are what was frozen; editions, which pin them; and documents, which frontends read. No draft is read here."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from common.ids import new_id


class Version(models.Model):
    """What a unit (a course's own words, a module, a lesson, the place of a quiz) said when it was frozen. Append-only.

    unit: the id of the course, module or activity. digest: SHA-256 (hex) of the RFC 8785 form of `content`, which names
    nothing of this installation: the same content has the same digest everywhere. text_digests: by language, of what a
    reader of that language gets to see. substantial: whether learners who did an earlier version should look again.
    """

    class Kind(models.TextChoices):
        COURSE = "course", "course"
        MODULE = "module", "module"
        LESSON = "lesson", "lesson"
        QUIZ = "quiz", "quiz"

    unit = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Kind)
    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    text_digests = models.JSONField(default=dict)
    content = models.JSONField()
    substantial = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "digest"], name="one_version_per_unit_and_digest"),
            models.UniqueConstraint(fields=["unit", "number"], name="one_version_per_unit_and_number"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} v{self.number}"


class Edition(models.Model):
    """One edition of a course: a frozen snapshot that pins a version of each unit; enrolments are pinned to it.

    A row exists from its proposal on. `draft_digest` is of the whole draft as it was frozen. An edition that was proposed is
    read by nobody but the course's team, and can be withdrawn; one that is published is changed by nothing but its retirement.
    languages: those in which every text was there. publish_at: when it will be published by itself.
    """

    class Status(models.TextChoices):
        PROPOSED = "proposed", "proposed"
        PUBLISHED = "published", "published"
        RETIRED = "retired", "retired"

    class MoveRule(models.TextChoices):
        STAY = "stay", "learners stay in their edition"
        OFFER = "offer", "learners are offered the new edition"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    course = models.ForeignKey("courses.Course", on_delete=models.PROTECT, related_name="editions")
    number = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=10, choices=Status, default=Status.PROPOSED, editable=False)
    framework = models.ForeignKey("courses.Framework", on_delete=models.PROTECT)
    default_language = models.CharField(max_length=20)
    languages = ArrayField(models.CharField(max_length=20), help_text="BCP 47 tags in which the edition is offered")
    draft_digest = models.CharField(max_length=64)
    note = models.TextField(blank=True, default="", help_text="what has changed, in the author's words")
    move_rule = models.CharField(max_length=10, choices=MoveRule, default=MoveRule.OFFER)
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    publish_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True, editable=False)
    retired_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["course", "-number"]
        indexes = [
            # The catalogue: what is published, newest first.
            models.Index(
                fields=["-published_at", "-id"], condition=models.Q(status="published"), name="edition_in_catalogue"
            ),
            # What is to be published by itself.
            models.Index(
                fields=["publish_at"],
                condition=models.Q(status="proposed", publish_at__isnull=False),
                name="edition_to_be_published",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["course", "number"], name="one_edition_per_number"),
            # Enrolling into "the course" means its one published edition.
            models.UniqueConstraint(
                fields=["course"], condition=models.Q(status="published"), name="one_published_edition_per_course"
            ),
            models.UniqueConstraint(
                fields=["course"], condition=models.Q(status="proposed"), name="one_proposed_edition_per_course"
            ),
            # Target of the enrolments' key over both.
            models.UniqueConstraint(fields=["id", "course"], name="an_edition_is_of_one_course"),
            models.CheckConstraint(
                condition=models.Q(status="proposed", published_at__isnull=True)
                | ~models.Q(status="proposed") & models.Q(published_at__isnull=False),
                name="published_has_an_instant",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.course.slug} ({self.number})"


class Pin(models.Model):
    """An edition holds this version of a unit, in this place. parent: the unit that it stands in; null for the course."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="pins")
    unit = models.UUIDField()
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    parent = models.UUIDField(null=True)
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["edition", "unit"], name="one_version_per_edition_and_unit"),
        ]
        indexes = [models.Index(fields=["unit"], name="pins_of_unit")]

    def __str__(self) -> str:
        return f"{self.edition_id} {self.unit}"


class Document(models.Model):
    """A compiled JSON document as ready bytes, shared by all editions that say the same. Append-only.

    digest: SHA-256 (hex) of `body`, which is also its ETag and its address.
    """

    digest = models.CharField(primary_key=True, max_length=64)
    body = models.BinaryField()

    def __str__(self) -> str:
        return self.digest[:12]


class Page(models.Model):
    """Where a document is read: of an edition, in a language. ref: the lesson's id for a lesson, else the edition's."""

    class Kind(models.TextChoices):
        CARD = "card", "catalogue card"
        COURSE = "course", "course page"
        LESSON = "lesson", "lesson"
        MANIFEST = "manifest", "manifest for offline use: every document with size and hash"

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="pages")
    ref = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Kind)
    language = models.CharField(max_length=20)
    # Without a constraint in the database: the rows of both are written together, and documents are never deleted.
    document = models.ForeignKey(
        Document, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )

    class Meta:
        constraints = [
            # Every read is one row by this key.
            models.UniqueConstraint(fields=["edition", "ref", "kind", "language"], name="one_page_per_ref_and_language")
        ]
        indexes = [
            models.Index(fields=["ref"], condition=models.Q(kind="lesson"), name="pages_of_lesson"),
            models.Index(fields=["document"], name="pages_of_document"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.language}"


class CatalogueState(models.Model):
    """Which state of the catalogue stands: one row, with another token after every change of what the catalogue shows.

    The token is random and not a count: a publication that was rolled back, or a restored database, gives none a second time.
    """

    id = models.BooleanField(primary_key=True, default=True)
    token = models.UUIDField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=True), name="one_state_of_the_catalogue")]

    def __str__(self) -> str:
        return str(self.token)
