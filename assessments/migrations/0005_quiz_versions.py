"""Versions of quizzes, written once, and the one that an edition offers; an attempt names its own."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import common.ids

FORWARD = """
CREATE TRIGGER quiz_versions_are_append_only BEFORE UPDATE OR DELETE ON assessments_quizversion
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change('versions of quizzes are append-only');
"""
BACKWARD = "DROP TRIGGER quiz_versions_are_append_only ON assessments_quizversion"


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0004_saved_answers"),
        ("courses", "__first__"),
        ("privacy", "0002_append_only"),
    ]
    operations = [
        migrations.CreateModel(
            name="QuizVersion",
            fields=[
                (
                    "id",
                    models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("number", models.PositiveIntegerField(help_text="counts the versions of the quiz from 1")),
                ("digest", models.CharField(max_length=64)),
                ("blueprint", models.JSONField()),
                ("created_at", models.DateTimeField()),
                (
                    "quiz",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="assessments.quiz",
                    ),
                ),
            ],
            options={
                "ordering": ["quiz", "number"],
                "constraints": [
                    models.UniqueConstraint(fields=("quiz", "digest"), name="one_quiz_version_per_content"),
                    models.UniqueConstraint(fields=("quiz", "number"), name="one_quiz_version_per_number"),
                ],
            },
        ),
        migrations.CreateModel(
            name="EditionQuiz",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "edition",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pinned_quizzes",
                        to="courses.edition",
                    ),
                ),
                (
                    "quiz",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="pinned", to="assessments.quiz"
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="assessments.quizversion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("edition", "quiz"), name="one_version_per_edition_and_quiz"),
                ],
            },
        ),
        # Without a default: there is no attempt yet anywhere that could lack one.
        migrations.AddField(
            model_name="attempt",
            name="quiz_version",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="assessments.quizversion",
            ),
            preserve_default=False,
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
