"""One enrolment per course, pinned to an edition; progress with its version; waivers by levels; cohorts of a course."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

# The ORM has no foreign key over two columns. It is a constraint rather than a trigger: it also holds while an edition is changed,
# and PostgreSQL checks it with its own locks.
TOGETHER = """
ALTER TABLE learners_enrolment ADD CONSTRAINT enrolment_is_in_an_edition_of_its_course
    FOREIGN KEY (edition_id, course_id) REFERENCES courses_edition (id, course_id) DEFERRABLE INITIALLY DEFERRED;
"""
APART = "ALTER TABLE learners_enrolment DROP CONSTRAINT enrolment_is_in_an_edition_of_its_course;"
COURSES = """
UPDATE learners_enrolment SET course_id = e.course_id FROM courses_edition e WHERE e.id = edition_id;
UPDATE learners_cohort SET course_id = e.course_id FROM courses_edition e WHERE e.id = edition_id;
INSERT INTO learners_enrolmentedition (enrolment_id, edition_id, since, by)
    SELECT id, edition_id, enrolled_at, learner_id FROM learners_enrolment;
"""
COURSE = {"on_delete": django.db.models.deletion.PROTECT, "to": "courses.course"}


class Migration(migrations.Migration):
    dependencies = [("courses", "0002_frozen"), ("learners", "0008_slopes_and_discriminations")]
    operations = [
        migrations.CreateModel(
            name="EnrolmentEdition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateTimeField()),
                ("by", models.UUIDField(null=True)),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="courses.edition"
                    ),
                ),
                (
                    "enrolment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="pinned", to="learners.enrolment"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("enrolment", "edition"), name="one_pin_per_enrolment_and_edition")
                ]
            },
        ),
        migrations.AddField("enrolment", "course", models.ForeignKey(null=True, related_name="+", **COURSE)),
        migrations.AddField("cohort", "course", models.ForeignKey(null=True, related_name="cohorts", **COURSE)),
        migrations.AddField("lessonprogress", "version", models.CharField(blank=True, default="", max_length=64)),
        migrations.AddField("lessonprogress", "language", models.CharField(blank=True, default="", max_length=20)),
        migrations.AddField("lessonprogress", "seen_at", models.DateTimeField(null=True)),
        migrations.AddField("lessonwaiver", "levels", models.JSONField(default=dict)),
        migrations.RunSQL(COURSES, migrations.RunSQL.noop),
        # What is deferred has to be checked before the tables are altered again.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AlterField("enrolment", "course", models.ForeignKey(related_name="+", **COURSE)),
        migrations.AlterField("cohort", "course", models.ForeignKey(related_name="cohorts", **COURSE)),
        migrations.RemoveConstraint("enrolment", "one_enrolment_per_learner_and_edition"),
        migrations.AddConstraint(
            "enrolment",
            models.UniqueConstraint(fields=("learner", "course"), name="one_enrolment_per_learner_and_course"),
        ),
        migrations.RunSQL(TOGETHER, APART),
        migrations.RemoveConstraint("lessonwaiver", "one_waiver_per_enrolment_and_lesson"),
        migrations.AddConstraint(
            "lessonwaiver",
            models.UniqueConstraint(
                fields=("enrolment", "lesson", "levels"), name="one_waiver_per_enrolment_lesson_and_levels"
            ),
        ),
        migrations.AlterModelOptions("cohort", {"ordering": ["course", "code"]}),
        migrations.RemoveConstraint("cohort", "one_cohort_per_edition_and_code"),
        migrations.RemoveField("cohort", "edition"),
        migrations.AddConstraint(
            "cohort", models.UniqueConstraint(fields=("course", "code"), name="one_cohort_per_course_and_code")
        ),
    ]
