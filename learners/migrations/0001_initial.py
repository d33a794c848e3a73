import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import common.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("courses", "0001_initial"),
        ("courses", "0002_frozen"),
        ("member_states", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Learner",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="learner",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "legal_name",
                    models.CharField(help_text="as it shall stand on certificates, in any script", max_length=200),
                ),
                ("latin_name", models.CharField(blank=True, default="", max_length=200)),
                (
                    "name_reading",
                    models.CharField(blank=True, default="", help_text="how it is read, e.g. in kana", max_length=200),
                ),
                (
                    "languages",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20),
                        default=list,
                        help_text="BCP 47 tags, preferred first",
                        size=None,
                    ),
                ),
                (
                    "birth_year",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1900),
                            django.core.validators.MaxValueValidator(2100),
                        ]
                    ),
                ),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("version", models.PositiveIntegerField(default=1, help_text="counts changes; the profile's ETag")),
                (
                    "member_state",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="member_states.memberstate"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="IssuerKey",
            fields=[
                (
                    "id",
                    models.CharField(
                        help_text="the verification method: DID, #, Multikey",
                        max_length=300,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("did", models.CharField(max_length=200)),
                ("multikey", models.CharField(help_text="Ed25519 public key as Multikey", max_length=64)),
                ("valid_from", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("valid_until", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Ability",
            fields=[
                (
                    "learner",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="ability",
                        serialize=False,
                        to="learners.learner",
                    ),
                ),
                ("mean", models.FloatField()),
                ("variance", models.FloatField()),
                ("count", models.PositiveIntegerField()),
                (
                    "last_at",
                    models.DateTimeField(
                        help_text="instant of the last answer absorbed: later evidence extends the state, other rebuilds it",
                        null=True,
                    ),
                ),
                ("rule_version", models.CharField(max_length=40)),
                ("snapshot", models.CharField(help_text="version of the item parameters used", max_length=40)),
            ],
        ),
        migrations.CreateModel(
            name="Achievement",
            fields=[
                ("id", models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("slug", models.SlugField(max_length=80)),
                ("version", models.PositiveIntegerField(default=1)),
                ("criteria", models.JSONField()),
                ("texts", models.JSONField()),
                ("active", models.BooleanField(default=True)),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="achievements", to="courses.edition"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Award",
            fields=[
                ("id", models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("decided_at", models.DateTimeField()),
                (
                    "facts",
                    models.JSONField(help_text="levels with probabilities, completion, rule and framework version"),
                ),
                ("evidence_sha256", models.CharField(help_text="over the ids of the evidence, sorted", max_length=64)),
                (
                    "achievement",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="learners.achievement"),
                ),
                (
                    "learner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="awards", to="learners.learner"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Enrolment",
            fields=[
                ("id", models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("enrolled_at", models.DateTimeField()),
                ("lessons_done_at", models.DateTimeField(null=True)),
                ("assessment_passed_at", models.DateTimeField(null=True)),
                ("completed_at", models.DateTimeField(null=True)),
                ("edition", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="courses.edition")),
                (
                    "learner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="enrolments", to="learners.learner"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Evidence",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("item_id", models.UUIDField()),
                ("item_revision", models.PositiveIntegerField()),
                (
                    "skills",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20),
                        help_text="codes of the framework, sorted",
                        size=None,
                    ),
                ),
                (
                    "level",
                    models.PositiveSmallIntegerField(help_text="level of the framework that the item is written for"),
                ),
                ("score", models.FloatField(help_text="0 to 1")),
                (
                    "guess",
                    models.FloatField(
                        help_text="success rate of blind guessing: 0 for open answers, 1/options for a choice"
                    ),
                ),
                ("difficulty", models.FloatField(help_text="logits: easy -1, medium 0, hard +1")),
                ("mode", models.CharField(default="assessment", max_length=14)),
                ("supervised", models.BooleanField(default=False)),
                ("language", models.CharField(max_length=20)),
                ("answered_at", models.DateTimeField()),
                ("framework_version", models.CharField(max_length=30)),
                ("rule_version", models.CharField(help_text="of the scoring rule", max_length=40)),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "learner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="evidence", to="learners.learner"
                    ),
                ),
            ],
            options={
                "verbose_name": "evidence",
                "verbose_name_plural": "evidence",
            },
        ),
        migrations.CreateModel(
            name="Certificate",
            fields=[
                ("id", models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("public_code", models.CharField(max_length=26, unique=True)),
                ("credential", models.TextField()),
                ("valid_from", models.DateTimeField()),
                ("valid_until", models.DateTimeField(null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[("active", "active"), ("revoked", "revoked")], default="active", max_length=10
                    ),
                ),
                ("status_reason", models.CharField(blank=True, default="", max_length=200)),
                ("status_changed_at", models.DateTimeField(null=True)),
                ("issued_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "award",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="certificate", to="learners.award"
                    ),
                ),
                (
                    "learner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="certificates", to="learners.learner"
                    ),
                ),
                ("key", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="learners.issuerkey")),
            ],
        ),
        migrations.CreateModel(
            name="LessonProgress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "furthest",
                    models.PositiveSmallIntegerField(
                        help_text="per cent", validators=[django.core.validators.MaxValueValidator(100)]
                    ),
                ),
                ("done_at", models.DateTimeField(null=True)),
                ("updated_at", models.DateTimeField()),
                (
                    "enrolment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="progress", to="learners.enrolment"
                    ),
                ),
                ("lesson", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="courses.lesson")),
            ],
        ),
        migrations.CreateModel(
            name="LevelChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("skill_code", models.CharField(max_length=20)),
                ("level", models.PositiveSmallIntegerField()),
                ("evidence_id", models.UUIDField(help_text="the answer that made the difference")),
                ("probability", models.FloatField()),
                ("at", models.DateTimeField()),
                ("rule_version", models.CharField(max_length=40)),
                (
                    "learner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="level_changes", to="learners.learner"
                    ),
                ),
            ],
            options={
                "verbose_name": "level reached",
                "verbose_name_plural": "levels reached",
            },
        ),
        migrations.CreateModel(
            name="SkillState",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("skill_code", models.CharField(max_length=20)),
                ("mean", models.FloatField()),
                ("variance", models.FloatField()),
                ("count", models.PositiveIntegerField()),
                ("last_at", models.DateTimeField()),
                ("shown_level", models.PositiveSmallIntegerField(default=0)),
                ("level", models.PositiveSmallIntegerField(default=0)),
                ("probability", models.FloatField()),
                ("level_since", models.DateTimeField(null=True)),
                ("framework_version", models.CharField(max_length=30)),
                (
                    "learner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="skill_states", to="learners.learner"
                    ),
                ),
            ],
            options={
                "verbose_name": "mastery of a skill",
                "verbose_name_plural": "mastery of skills",
            },
        ),
        migrations.AddIndex(
            model_name="learner",
            index=models.Index(fields=["member_state", "user"], name="learner_by_state"),
        ),
        migrations.AddConstraint(
            model_name="achievement",
            constraint=models.UniqueConstraint(fields=("slug", "version"), name="one_achievement_per_version"),
        ),
        migrations.AddConstraint(
            model_name="achievement",
            constraint=models.UniqueConstraint(
                condition=models.Q(("active", True)), fields=("slug",), name="one_active_version_per_achievement"
            ),
        ),
        migrations.AddConstraint(
            model_name="award",
            constraint=models.UniqueConstraint(
                fields=("learner", "achievement"), name="one_award_per_learner_and_achievement"
            ),
        ),
        migrations.AddConstraint(
            model_name="issuerkey",
            constraint=models.UniqueConstraint(
                condition=models.Q(("valid_until__isnull", True)), fields=("did",), name="one_signing_key_per_issuer"
            ),
        ),
        migrations.AddConstraint(
            model_name="enrolment",
            constraint=models.UniqueConstraint(
                fields=("learner", "edition"), name="one_enrolment_per_learner_and_edition"
            ),
        ),
        migrations.AddIndex(
            model_name="evidence",
            index=models.Index(fields=["learner", "answered_at", "id"], name="evidence_in_order"),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(
                condition=models.Q(("score__gte", 0), ("score__lte", 1)), name="score_is_a_share"
            ),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(
                condition=models.Q(("guess__gte", 0), ("guess__lt", 1)), name="guess_is_a_probability"
            ),
        ),
        migrations.AddConstraint(
            model_name="lessonprogress",
            constraint=models.UniqueConstraint(
                fields=("enrolment", "lesson"), name="one_progress_per_enrolment_and_lesson"
            ),
        ),
        migrations.AddConstraint(
            model_name="lessonprogress",
            constraint=models.CheckConstraint(
                condition=models.Q(("furthest__lte", 100)), name="furthest_is_a_percentage"
            ),
        ),
        migrations.AddConstraint(
            model_name="levelchange",
            constraint=models.UniqueConstraint(
                fields=("learner", "skill_code", "level"), name="one_change_per_learner_skill_level"
            ),
        ),
        migrations.AddIndex(
            model_name="skillstate",
            index=models.Index(fields=["skill_code", "level"], name="state_by_skill_and_level"),
        ),
        migrations.AddConstraint(
            model_name="skillstate",
            constraint=models.UniqueConstraint(
                fields=("learner", "skill_code"), name="one_state_per_learner_and_skill"
            ),
        ),
        migrations.AddConstraint(
            model_name="skillstate",
            constraint=models.CheckConstraint(condition=models.Q(("level__lte", 3)), name="computed_level_at_most_3"),
        ),
        migrations.CreateModel(
            name="EvidenceTrace",
            fields=[
                (
                    "evidence",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="trace",
                        serialize=False,
                        to="learners.evidence",
                    ),
                ),
                ("theta", models.FloatField(help_text="logits: general and further ability on the answer's skills")),
                ("theta_variance", models.FloatField()),
                ("expected", models.FloatField(help_text="success expected before the answer was known, 0 to 1")),
                (
                    "waits",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "for nothing"),
                            (1, "for the next snapshot: the item is young"),
                            (2, "for the night's snapshot"),
                        ]
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ItemParameters",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("held_from", models.DateTimeField(help_text="the snapshot's")),
                ("mean", models.FloatField()),
                ("variance", models.FloatField(help_text="of the online filter: no standard error")),
                ("count", models.PositiveIntegerField()),
                ("item_id", models.UUIDField()),
                ("item_revision", models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="SkillParameters",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("held_from", models.DateTimeField(help_text="the snapshot's")),
                ("mean", models.FloatField()),
                ("variance", models.FloatField(help_text="of the online filter: no standard error")),
                ("count", models.PositiveIntegerField()),
                ("skill_code", models.CharField(max_length=20)),
            ],
        ),
        migrations.CreateModel(
            name="Snapshot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.CharField(max_length=40, unique=True)),
                ("held_from", models.DateTimeField(unique=True)),
                ("answers", models.PositiveIntegerField(help_text="learned from since the snapshot before")),
                ("rule_version", models.CharField(max_length=40)),
            ],
        ),
        migrations.RemoveIndex(
            model_name="evidence",
            name="evidence_in_order",
        ),
        migrations.AddField(
            model_name="evidence",
            name="corrects",
            field=models.UUIDField(help_text="evidence that this takes the place of, after a review", null=True),
        ),
        migrations.AddField(
            model_name="evidence",
            name="met_before",
            field=models.BooleanField(
                default=False, help_text="the learner had met the item before, practice included"
            ),
        ),
        migrations.AddField(
            model_name="evidence",
            name="struck",
            field=models.BooleanField(
                default=False, help_text="a correction that takes the answer out: it counts for nothing"
            ),
        ),
        migrations.AlterField(
            model_name="ability",
            name="snapshot",
            field=models.CharField(help_text="the newest that an answer was judged by", max_length=40),
        ),
        migrations.AlterField(
            model_name="evidence",
            name="learner",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="evidence",
                to="learners.learner",
            ),
        ),
        migrations.AddIndex(
            model_name="evidence",
            index=models.Index(fields=["learner", "item_id"], name="evidence_of_learner_on_item"),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.UniqueConstraint(
                condition=models.Q(("corrects__isnull", False)), fields=("corrects",), name="one_successor_per_evidence"
            ),
        ),
        migrations.AddIndex(
            model_name="evidencetrace",
            index=models.Index(condition=models.Q(("waits__gt", 0)), fields=["waits"], name="traces_to_learn_from"),
        ),
        migrations.AddField(
            model_name="skillparameters",
            name="snapshot",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="skills", to="learners.snapshot"
            ),
        ),
        migrations.AddField(
            model_name="itemparameters",
            name="snapshot",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="items", to="learners.snapshot"
            ),
        ),
        migrations.AddConstraint(
            model_name="skillparameters",
            constraint=models.UniqueConstraint(fields=("skill_code", "held_from"), name="one_offset_per_snapshot"),
        ),
        migrations.AddConstraint(
            model_name="itemparameters",
            constraint=models.UniqueConstraint(
                fields=("item_id", "item_revision", "held_from"), name="one_difficulty_per_snapshot"
            ),
        ),
        migrations.CreateModel(
            name="AssessorVerdict",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("assessor", models.UUIDField(help_text="account of the assessor")),
                ("recommended", models.BooleanField(help_text="whether the level should be given")),
                ("points", models.JSONField(help_text="{criterion: points}")),
                ("reason", models.TextField()),
                ("given_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="LevelAssessment",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("skill_code", models.CharField(max_length=20)),
                ("level", models.PositiveSmallIntegerField()),
                ("evidence", models.JSONField(help_text="[{kind, description, link}]: the work shown")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("decided", "decided"), ("withdrawn", "withdrawn")],
                        default="open",
                        max_length=10,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[("given", "level given"), ("refused", "refused")], max_length=10, null=True
                    ),
                ),
                ("framework_version", models.CharField(max_length=30)),
                ("rubric", models.CharField(help_text="version of the rubric it is judged by", max_length=40)),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "case for assessors",
                "verbose_name_plural": "cases for assessors",
            },
        ),
        migrations.CreateModel(
            name="LevelDecision",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("skill_code", models.CharField(max_length=20)),
                ("level", models.PositiveSmallIntegerField(help_text="0: none")),
                ("computed_level", models.PositiveSmallIntegerField(help_text="what evidence gave at that instant")),
                (
                    "cause",
                    models.CharField(
                        choices=[("assessors", "assessors"), ("appeal", "appeal"), ("review", "review")], max_length=10
                    ),
                ),
                (
                    "decided_by",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), help_text="accounts of those who decided", size=None
                    ),
                ),
                ("reason", models.TextField()),
                (
                    "rubric",
                    models.CharField(help_text="version of the rubric, where there was one", max_length=40, null=True),
                ),
                ("framework_version", models.CharField(max_length=30)),
                ("decided_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "verbose_name": "level decided by people",
                "verbose_name_plural": "levels decided by people",
            },
        ),
        migrations.CreateModel(
            name="LevelFreeze",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("skill_code", models.CharField(max_length=20)),
                ("level", models.PositiveSmallIntegerField()),
                ("since", models.DateTimeField(null=True)),
                ("cause", models.CharField(max_length=10)),
                ("reason", models.CharField(help_text="a code, such as appeal", max_length=40)),
                ("frozen_at", models.DateTimeField()),
                ("released_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "frozen level",
                "verbose_name_plural": "frozen levels",
            },
        ),
        migrations.RemoveConstraint(
            model_name="skillstate",
            name="computed_level_at_most_3",
        ),
        migrations.AddField(
            model_name="skillstate",
            name="computed_level",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="skillstate",
            name="last_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name="skillstate",
            constraint=models.CheckConstraint(
                condition=models.Q(("computed_level__lte", 3)), name="computed_level_at_most_3"
            ),
        ),
        migrations.AddConstraint(
            model_name="skillstate",
            constraint=models.CheckConstraint(condition=models.Q(("level__lte", 6)), name="level_at_most_6"),
        ),
        migrations.AddField(
            model_name="assessorverdict",
            name="learner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="learners.learner"
            ),
        ),
        migrations.AddField(
            model_name="levelassessment",
            name="learner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="level_assessments", to="learners.learner"
            ),
        ),
        migrations.AddField(
            model_name="assessorverdict",
            name="assessment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="verdicts", to="learners.levelassessment"
            ),
        ),
        migrations.AddField(
            model_name="leveldecision",
            name="learner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="level_decisions", to="learners.learner"
            ),
        ),
        migrations.AddField(
            model_name="levelfreeze",
            name="decision",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="learners.leveldecision"
            ),
        ),
        migrations.AddField(
            model_name="levelfreeze",
            name="learner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="level_freezes", to="learners.learner"
            ),
        ),
        migrations.AddIndex(
            model_name="levelassessment",
            index=models.Index(fields=["state", "opened_at"], name="cases_by_state"),
        ),
        migrations.AddConstraint(
            model_name="levelassessment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")), fields=("learner", "skill_code"), name="one_open_case_per_skill"
            ),
        ),
        migrations.AddConstraint(
            model_name="levelassessment",
            constraint=models.CheckConstraint(
                condition=models.Q(("level__gte", 4), ("level__lte", 6)), name="assessors_give_levels_4_to_6"
            ),
        ),
        migrations.AddConstraint(
            model_name="levelassessment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome__isnull", False), ("state", "decided")),
                    models.Q(models.Q(("state", "decided"), _negated=True), ("outcome", None)),
                    _connector="OR",
                ),
                name="decided_with_an_outcome",
            ),
        ),
        migrations.AddConstraint(
            model_name="assessorverdict",
            constraint=models.UniqueConstraint(fields=("assessment", "assessor"), name="one_verdict_per_assessor"),
        ),
        migrations.AddConstraint(
            model_name="assessorverdict",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="verdict_has_a_reason"
            ),
        ),
        migrations.AddIndex(
            model_name="leveldecision",
            index=models.Index(fields=["learner", "skill_code", "decided_at"], name="decisions_of_a_learner"),
        ),
        migrations.AddConstraint(
            model_name="leveldecision",
            constraint=models.CheckConstraint(condition=models.Q(("level__lte", 6)), name="decided_level_at_most_6"),
        ),
        migrations.AddConstraint(
            model_name="leveldecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("computed_level__lte", 3)), name="decision_saw_a_computed_level"
            ),
        ),
        migrations.AddConstraint(
            model_name="leveldecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("decided_by__len__gte", 1)), name="decided_by_somebody"
            ),
        ),
        migrations.AddConstraint(
            model_name="leveldecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="decided_for_a_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="levelfreeze",
            constraint=models.UniqueConstraint(
                condition=models.Q(("released_at", None)),
                fields=("learner", "skill_code"),
                name="one_open_freeze_per_level",
            ),
        ),
        migrations.AddConstraint(
            model_name="levelfreeze",
            constraint=models.CheckConstraint(
                condition=models.Q(("released_at", None), ("released_at__gte", models.F("frozen_at")), _connector="OR"),
                name="released_after_frozen",
            ),
        ),
        migrations.AddField(
            model_name="skillstate",
            name="computed_since",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="skillstate",
            name="certified_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="skillstate",
            name="certified_level",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, help_text="by the stricter test of learners.mastery.certification; 0 is none"
            ),
        ),
        migrations.AddField(
            model_name="skillstate",
            name="tests",
            field=models.JSONField(
                help_text="level: [log of the e-value, answers that counted, when it reached 1/alpha]", null=True
            ),
        ),
        migrations.AlterField(
            model_name="leveldecision",
            name="computed_level",
            field=models.PositiveSmallIntegerField(help_text="what evidence had given, as they saw it"),
        ),
        migrations.AddField(
            model_name="enrolment",
            name="placed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name="Cohort",
            fields=[
                ("id", models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("code", models.SlugField(max_length=40)),
                ("title", models.CharField(blank=True, default="", max_length=120)),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="cohorts", to="courses.edition"
                    ),
                ),
            ],
            options={
                "ordering": ["edition", "code"],
            },
        ),
        migrations.CreateModel(
            name="CohortMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "cohort",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="members", to="learners.cohort"
                    ),
                ),
                (
                    "enrolment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to="learners.enrolment"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LessonWaiver",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("because", models.JSONField()),
                ("framework_version", models.CharField(max_length=30)),
                ("rule_version", models.CharField(help_text="of the rule that waives", max_length=40)),
                ("at", models.DateTimeField()),
                (
                    "enrolment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="waivers", to="learners.enrolment"
                    ),
                ),
                ("lesson", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="courses.lesson")),
            ],
        ),
        migrations.AddConstraint(
            model_name="cohort",
            constraint=models.UniqueConstraint(fields=("edition", "code"), name="one_cohort_per_edition_and_code"),
        ),
        migrations.AddConstraint(
            model_name="cohortmember",
            constraint=models.UniqueConstraint(fields=("cohort", "enrolment"), name="one_membership_per_cohort"),
        ),
        migrations.AddConstraint(
            model_name="lessonwaiver",
            constraint=models.UniqueConstraint(
                fields=("enrolment", "lesson"), name="one_waiver_per_enrolment_and_lesson"
            ),
        ),
        migrations.CreateModel(
            name="SelfDescription",
            fields=[
                (
                    "learner",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="self_description",
                        serialize=False,
                        to="learners.learner",
                    ),
                ),
                (
                    "gender",
                    models.CharField(
                        choices=[
                            ("female", "female"),
                            ("male", "male"),
                            ("another", "another"),
                            ("no_answer", "no answer"),
                        ],
                        max_length=9,
                    ),
                ),
                ("said_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("gender__in", ["female", "male", "another", "no_answer"])),
                        name="gender_is_one_of_the_answers",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="evidence",
            name="lapsed",
            field=models.BooleanField(
                default=False,
                help_text="seen and left until the time was over: counts as wrong for certified mastery alone",
            ),
        ),
        migrations.CreateModel(
            name="SittingTrace",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("evidence_ids", django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
                (
                    "theta",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.FloatField(),
                        help_text="logits: general and further ability on the answer's skills",
                        size=None,
                    ),
                ),
                (
                    "theta_variance",
                    django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), size=None),
                ),
                (
                    "expected",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.FloatField(),
                        help_text="success expected before the answer was known, 0 to 1",
                        size=None,
                    ),
                ),
                (
                    "waits",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "for nothing"),
                            (1, "for the next snapshot: an item is young"),
                            (2, "for the night's snapshot"),
                        ]
                    ),
                ),
                (
                    "learner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sitting_traces",
                        to="learners.learner",
                    ),
                ),
            ],
        ),
        migrations.DeleteModel(
            name="EvidenceTrace",
        ),
        migrations.AddIndex(
            model_name="sittingtrace",
            index=models.Index(condition=models.Q(("waits__gt", 0)), fields=["waits"], name="traces_to_learn_from"),
        ),
        migrations.AddConstraint(
            model_name="sittingtrace",
            constraint=models.UniqueConstraint(fields=("learner", "at"), name="one_trace_per_sitting"),
        ),
        migrations.AddField(
            model_name="evidence",
            name="corrected_at",
            field=models.DateTimeField(help_text="of a correction: when a person decided it", null=True),
        ),
        migrations.AlterField(
            model_name="evidence",
            name="answered_at",
            field=models.DateTimeField(help_text="when the score was known; evidence counts in this order"),
        ),
        migrations.AddIndex(
            model_name="evidence",
            index=models.Index(
                condition=models.Q(("corrects__isnull", False)), fields=["learner"], name="corrections_of_a_learner"
            ),
        ),
    ]
