"""Achievements belong to courses, in versions, which authorities approve for their own learners.

A version is frozen once an authority approved it; an approval is given once and ended once.
"""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import common.ids

# What was active is approved for the whole region; certificates keep the version, under its id, that they were issued by.
MOVE = """
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE credentials_award DISABLE TRIGGER award_is_written_once;
INSERT INTO credentials_achievement (id, course_id, slug)
SELECT uuidv7(), course_id, slug FROM (
    SELECT DISTINCT edition.course_id, version.slug
    FROM credentials_achievementversion version JOIN courses_edition edition ON edition.id = version.edition_id
) AS known;
UPDATE credentials_achievementversion version
SET achievement_id = achievement.id, state = 'proposed', proposed_at = statement_timestamp(),
    criteria = version.criteria - 'edition_completed'
        || CASE WHEN version.criteria ? 'edition_completed'
            THEN jsonb_build_object('course_completed', version.criteria->'edition_completed') ELSE '{}' END
FROM credentials_achievement achievement, courses_edition edition
WHERE edition.id = version.edition_id AND achievement.course_id = edition.course_id AND achievement.slug = version.slug;
UPDATE credentials_award award SET achievement_id = version.achievement_id, edition_id = version.edition_id
FROM credentials_achievementversion version WHERE version.id = award.version_id;
INSERT INTO credentials_approval (id, achievement_id, version_id, authority, approved_at)
SELECT uuidv7(), achievement_id, id, 'regional', statement_timestamp() FROM credentials_achievementversion WHERE active;
ALTER TABLE credentials_award ENABLE TRIGGER award_is_written_once;
"""

# A renamed column keeps the names of its index and of its foreign key, which the new column of that name needs.
FREE_NAMES = """
ALTER INDEX credentials_award_achievement_id_f9577725 RENAME TO credentials_award_version_id;
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT conname FROM pg_constraint
        WHERE conrelid = 'credentials_award'::regclass AND conname LIKE 'credentials\\_award\\_achievement\\_id\\_%'
    LOOP
        EXECUTE format('ALTER TABLE credentials_award RENAME CONSTRAINT %I TO credentials_award_version_id_fk', name);
    END LOOP;
END
$$;
"""

FORWARD = """
CREATE FUNCTION credentials_keep_approved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM credentials_approval WHERE version_id = OLD.id) THEN
        RAISE EXCEPTION 'a version that an authority approved never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN coalesce(NEW, OLD);
END
$$;
CREATE TRIGGER approved_version_never_changes
    BEFORE UPDATE OF id, achievement_id, number, criteria, texts, validity_days, proposed_by, proposed_at OR DELETE
    ON credentials_achievementversion FOR EACH ROW EXECUTE FUNCTION credentials_keep_approved();
CREATE TRIGGER approved_version_is_no_draft BEFORE UPDATE OF state ON credentials_achievementversion
    FOR EACH ROW WHEN (NEW.state = 'draft') EXECUTE FUNCTION credentials_keep_approved();

CREATE FUNCTION credentials_require_proposed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Locked: whoever is editing the version comes first and is seen here, or waits and finds the approval.
    PERFORM FROM credentials_achievementversion
    WHERE id = NEW.version_id AND achievement_id = NEW.achievement_id AND state = 'proposed' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'only a proposed version can be approved' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER approval_of_a_proposed_version BEFORE INSERT ON credentials_approval
    FOR EACH ROW EXECUTE FUNCTION credentials_require_proposed();
CREATE TRIGGER approval_is_given_once
    BEFORE UPDATE OF id, achievement_id, version_id, authority, approved_by, approved_at OR DELETE
    ON credentials_approval FOR EACH STATEMENT
    EXECUTE FUNCTION privacy_refuse_change('what an authority approved is written once');
CREATE TRIGGER approval_is_ended_once BEFORE UPDATE OF ended_by, ended_at ON credentials_approval
    FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL)
    EXECUTE FUNCTION privacy_refuse_change('what an authority approved is written once');

-- An award names a version of its achievement.
ALTER TABLE credentials_achievementversion ADD CONSTRAINT version_of_its_achievement UNIQUE (id, achievement_id);
ALTER TABLE credentials_award ADD CONSTRAINT award_of_a_version_of_its_achievement
    FOREIGN KEY (version_id, achievement_id) REFERENCES credentials_achievementversion (id, achievement_id);
"""
BACKWARD = """
ALTER TABLE credentials_award DROP CONSTRAINT award_of_a_version_of_its_achievement;
ALTER TABLE credentials_achievementversion DROP CONSTRAINT version_of_its_achievement;
DROP TRIGGER approval_is_ended_once ON credentials_approval;
DROP TRIGGER approval_is_given_once ON credentials_approval;
DROP TRIGGER approval_of_a_proposed_version ON credentials_approval;
DROP FUNCTION credentials_require_proposed();
DROP TRIGGER approved_version_is_no_draft ON credentials_achievementversion;
DROP TRIGGER approved_version_never_changes ON credentials_achievementversion;
DROP FUNCTION credentials_keep_approved();
"""

_PROTECT = django.db.models.deletion.PROTECT


class Migration(migrations.Migration):
    dependencies = [("credentials", "0007_keys_are_approved_by_two_who_signed_in"), ("courses", "0001_initial")]

    operations = [
        migrations.RemoveConstraint(model_name="achievement", name="one_achievement_per_version"),
        migrations.RemoveConstraint(model_name="achievement", name="one_active_version_per_achievement"),
        migrations.RemoveConstraint(model_name="award", name="one_award_per_learner_achievement_and_number"),
        migrations.RenameModel("Achievement", "AchievementVersion"),
        migrations.RenameField("achievementversion", "version", "number"),
        migrations.RenameField("award", "achievement", "version"),
        migrations.RunSQL(FREE_NAMES, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Achievement",
            fields=[
                ("id", models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("slug", models.SlugField(max_length=80)),
                (
                    "course",
                    models.ForeignKey(on_delete=_PROTECT, related_name="achievements", to="courses.course"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("course", "slug"), name="one_achievement_per_course_and_slug")
                ],
            },
        ),
        migrations.AddField(
            "achievementversion",
            "achievement",
            models.ForeignKey(null=True, on_delete=_PROTECT, related_name="versions", to="credentials.achievement"),
        ),
        migrations.AddField(
            "achievementversion",
            "validity_days",
            models.PositiveIntegerField(blank=True, help_text="empty: as long as the platform's others", null=True),
        ),
        migrations.AddField(
            "achievementversion",
            "state",
            models.CharField(
                choices=[("draft", "draft"), ("proposed", "proposed"), ("closed", "closed")],
                default="draft",
                max_length=10,
            ),
        ),
        migrations.AddField("achievementversion", "proposed_by", models.UUIDField(null=True)),
        migrations.AddField("achievementversion", "proposed_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "award",
            "achievement",
            models.ForeignKey(null=True, on_delete=_PROTECT, to="credentials.achievement"),
        ),
        migrations.AddField(
            "award",
            "edition",
            models.ForeignKey(null=True, on_delete=_PROTECT, related_name="+", to="courses.edition"),
        ),
        migrations.CreateModel(
            name="Approval",
            fields=[
                ("id", models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("authority", models.CharField(max_length=8)),
                ("approved_by", models.UUIDField(null=True)),
                ("approved_at", models.DateTimeField()),
                ("ended_by", models.UUIDField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "achievement",
                    models.ForeignKey(on_delete=_PROTECT, related_name="approvals", to="credentials.achievement"),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=_PROTECT, related_name="approvals", to="credentials.achievementversion"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("achievement", "authority"),
                        name="one_active_approval_per_achievement_and_authority",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("authority", "regional"), ("authority__regex", "^[A-Z]{2}$"), _connector="OR"
                        ),
                        name="approval_by_the_region_or_a_state",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PassedQuiz",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quiz_id", models.UUIDField()),
                ("passed_at", models.DateTimeField()),
                (
                    "learner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="learners.learner"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "passed quizzes",
                "constraints": [
                    models.UniqueConstraint(fields=("learner", "quiz_id"), name="one_pass_per_learner_and_quiz")
                ],
            },
        ),
        migrations.RunSQL(MOVE, migrations.RunSQL.noop),
        migrations.AlterField(
            "achievementversion",
            "achievement",
            models.ForeignKey(on_delete=_PROTECT, related_name="versions", to="credentials.achievement"),
        ),
        migrations.AlterField(
            "award", "achievement", models.ForeignKey(on_delete=_PROTECT, to="credentials.achievement")
        ),
        migrations.AlterField(
            "award",
            "facts",
            models.JSONField(
                help_text="levels with probabilities, completion, edition, version, authority, rule and framework"
            ),
        ),
        migrations.RemoveField("achievementversion", "edition"),
        migrations.RemoveField("achievementversion", "slug"),
        migrations.RemoveField("achievementversion", "active"),
        migrations.AlterModelOptions(
            "achievementversion",
            {
                "permissions": [
                    ("approve_achievementversion", "Can approve versions of achievements for the own authority")
                ]
            },
        ),
        migrations.AddConstraint(
            "achievementversion",
            models.UniqueConstraint(fields=("achievement", "number"), name="one_version_per_achievement_and_number"),
        ),
        migrations.AddConstraint(
            "achievementversion",
            models.CheckConstraint(
                condition=models.Q(("state", "proposed"), _negated=True) | models.Q(("proposed_at__isnull", False)),
                name="achievement_version_proposed_at_some_time",
            ),
        ),
        migrations.AddConstraint(
            "achievementversion",
            models.CheckConstraint(
                condition=models.Q(("validity_days__isnull", True), ("validity_days__gte", 1), _connector="OR"),
                name="achievement_version_valid_for_some_days",
            ),
        ),
        migrations.AddConstraint(
            "award",
            models.UniqueConstraint(
                fields=("learner", "achievement", "number"), name="one_award_per_learner_achievement_and_number"
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
