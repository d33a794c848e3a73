"""The documents' form, for the OpenAPI document: their bytes are ready and are not serialized again."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

TRANSLATIONS = ("source", "machine_drafted", "reviewed")
VERSION = "Changes when what a reader of this language sees has changed; named when progress is reported."
NOT_MODIFIED = OpenApiResponse(description="`If-None-Match` names the present version.")


class NameOutput(serializers.Serializer[Any]):
    text = serializers.CharField()
    language = serializers.CharField()
    machine_drafted = serializers.BooleanField(help_text="Show a mark beside it: no person has reviewed it yet.")


class SkillTaughtOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = NameOutput()
    level = serializers.IntegerField(min_value=1, max_value=6)
    level_name = NameOutput()


class CardOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="The edition's id.")
    course_id = serializers.UUIDField()
    course = serializers.CharField(help_text="The course's slug.")
    number = serializers.IntegerField()
    language = serializers.CharField()
    default_language = serializers.CharField()
    languages = serializers.ListField(child=serializers.CharField())
    title = serializers.CharField()
    summary = serializers.CharField(allow_blank=True)
    translation = serializers.ChoiceField(TRANSLATIONS)
    machine_drafted = serializers.BooleanField(help_text="Some text of this language is a machine's draft.")
    minutes = serializers.IntegerField()
    lesson_count = serializers.IntegerField()
    requires_assessment = serializers.BooleanField()
    skills = SkillTaughtOutput(many=True)
    framework_version = serializers.CharField()
    licence = serializers.CharField(help_text="SPDX identifier")
    attribution = serializers.CharField(allow_blank=True)
    published_at = serializers.DateTimeField()


class CatalogueOutput(serializers.Serializer[Any]):
    items = CardOutput(many=True)
    next = serializers.CharField(allow_null=True)


class CourseLessonOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    title = serializers.CharField()
    minutes = serializers.IntegerField()
    translation = serializers.ChoiceField(TRANSLATIONS)
    version = serializers.CharField(help_text=VERSION)
    skills = SkillTaughtOutput(many=True)


class CourseActivityOutput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(("lesson", "quiz"))
    id = serializers.UUIDField()


class CourseModuleOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = serializers.CharField()
    translation = serializers.ChoiceField(TRANSLATIONS)
    minutes = serializers.IntegerField()
    lessons = CourseLessonOutput(many=True)
    activities = CourseActivityOutput(many=True, help_text="Lessons and quizzes in the order in which they are done.")


class CourseOutput(CardOutput):
    modules = CourseModuleOutput(many=True)


class SkillLevelOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    level = serializers.IntegerField(min_value=1, max_value=6)


class LessonOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="The same in every edition.")
    version = serializers.CharField(help_text=VERSION)
    course_id = serializers.UUIDField()
    course = serializers.CharField(help_text="The course's slug.")
    slug = serializers.CharField()
    language = serializers.CharField()
    title = serializers.CharField()
    translation = serializers.ChoiceField(TRANSLATIONS)
    machine_drafted = serializers.BooleanField(help_text="Show a mark beside it: no person has reviewed it yet.")
    minutes = serializers.IntegerField()
    markdown = serializers.CharField(help_text="CommonMark with tables")
    html = serializers.CharField(help_text="Safe: no raw HTML, no images, links to http, https and mailto only.")
    skills = SkillLevelOutput(many=True, help_text="Their names stand in the course's document.")
    licence = serializers.CharField(help_text="SPDX identifier")
    attribution = serializers.CharField(allow_blank=True)


class ManifestEntryOutput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(("course", "lesson"))
    id = serializers.UUIDField()
    href = serializers.CharField()
    bytes = serializers.IntegerField()
    etag = serializers.CharField(
        help_text="The quoted SHA-256 of the document, as in its ETag; compare without the `W/` that a compressing proxy adds."
    )


class ManifestOutput(serializers.Serializer[Any]):
    edition_id = serializers.UUIDField()
    course_id = serializers.UUIDField()
    language = serializers.CharField()
    published_at = serializers.DateTimeField()
    bytes = serializers.IntegerField(help_text="Of all documents together.")
    documents = ManifestEntryOutput(many=True)


class LevelOutput(serializers.Serializer[Any]):
    level = serializers.IntegerField(min_value=1, max_value=6)
    key = serializers.CharField()
    name = NameOutput()
    description = serializers.DictField(child=serializers.CharField())
    aqrf = serializers.ListField(child=serializers.IntegerField())
    evidence = serializers.ListField(child=serializers.CharField())
    automated_award = serializers.BooleanField(help_text="Whether this level may ever be computed.")
    threshold = serializers.FloatField(
        allow_null=True, help_text="Success rate on a reference item; a design value of this version."
    )


class AreaOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = NameOutput()
    description = serializers.CharField()


class StatementOutput(serializers.Serializer[Any]):
    level = serializers.IntegerField()
    statement = serializers.CharField()


class SkillOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    area = serializers.CharField()
    name = NameOutput()
    description = serializers.CharField()
    tracks = serializers.ListField(child=serializers.CharField())
    min_level = serializers.IntegerField()
    max_level = serializers.IntegerField()
    prerequisites = serializers.ListField(child=serializers.CharField())
    statements = StatementOutput(many=True)
    mappings = serializers.DictField(help_text="Related entries of other frameworks; no claim of equivalence.")


class FrameworkOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    version = serializers.CharField()
    language = serializers.CharField(help_text="Of the labels, where there are any in it.")
    source_language = serializers.CharField()
    licence = serializers.CharField()
    notice = serializers.CharField(allow_blank=True)
    levels = LevelOutput(many=True)
    areas = AreaOutput(many=True)
    tracks = serializers.DictField(child=serializers.CharField())
    skills = SkillOutput(many=True)
    award_rules = serializers.DictField()
    references = serializers.DictField()
