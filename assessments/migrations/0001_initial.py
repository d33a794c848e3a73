import uuid
from decimal import Decimal

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import assessments.items.kinds
import common.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0002_cache"),
        ("accounts", "__first__"),
        ("courses", "0001_initial"),
        ("courses", "0002_frozen"),
        ("learners", "0001_initial"),
        ("learners", "0003_certificates_are_written_once"),
    ]

    operations = [
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                (
                    "number",
                    models.PositiveSmallIntegerField(help_text="counts the learner's attempts of the quiz from 1"),
                ),
                ("seed", models.BigIntegerField(help_text="draw and shuffles follow from it")),
                ("language", models.CharField(max_length=20)),
                ("started_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("submitted_at", models.DateTimeField(null=True)),
                ("score", models.FloatField(help_text="mean of the items' scores, 0 to 1", null=True)),
                ("passed", models.BooleanField(null=True)),
                ("rule_version", models.CharField(blank=True, default="", max_length=40)),
                (
                    "expired",
                    models.BooleanField(default=False, help_text="closed by the clock: nothing was submitted in time"),
                ),
                (
                    "learner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="attempts", to="learners.learner"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Item",
            fields=[
                ("id", models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("code", models.SlugField(max_length=80)),
                ("retired", models.BooleanField(default=False, help_text="no longer drawn; old attempts keep it")),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="items", to="courses.edition"
                    ),
                ),
            ],
            options={
                "ordering": ["edition", "code"],
            },
        ),
        migrations.CreateModel(
            name="ItemRevision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(default=1)),
                ("kind", models.CharField(choices=assessments.items.kinds.choices, max_length=20)),
                ("content", models.JSONField()),
                ("key", models.JSONField()),
                (
                    "skills",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), help_text="codes of the framework", size=None
                    ),
                ),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(6),
                        ]
                    ),
                ),
                (
                    "difficulty",
                    models.CharField(
                        choices=[("easy", "easy"), ("medium", "medium"), ("hard", "hard")],
                        default="medium",
                        max_length=6,
                    ),
                ),
                (
                    "guess",
                    models.FloatField(
                        help_text="success rate of blind guessing; mandatory, for the certification bound rests on it"
                    ),
                ),
                ("approved_at", models.DateTimeField(editable=False, null=True)),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="revisions", to="assessments.item"
                    ),
                ),
            ],
            options={
                "ordering": ["item", "-number"],
            },
        ),
        migrations.CreateModel(
            name="AttemptItem",
            fields=[
                ("id", models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "option_order",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), default=list, size=None
                    ),
                ),
                ("response", models.JSONField(help_text="canonical form of its kind; null when left open", null=True)),
                ("score", models.FloatField(null=True)),
                (
                    "attempt",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="items", to="assessments.attempt"
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="assessments.itemrevision"),
                ),
            ],
            options={
                "ordering": ["attempt", "position"],
            },
        ),
        migrations.CreateModel(
            name="Quiz",
            fields=[
                ("id", models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("slug", models.SlugField(max_length=80)),
                ("titles", models.JSONField(help_text="title by language")),
                (
                    "mode",
                    models.CharField(
                        choices=[("assessment", "assessment"), ("practice", "practice")],
                        default="assessment",
                        max_length=10,
                    ),
                ),
                ("pools", models.JSONField()),
                (
                    "attempt_limit",
                    models.PositiveSmallIntegerField(
                        default=3, validators=[django.core.validators.MinValueValidator(1)]
                    ),
                ),
                (
                    "time_limit_s",
                    models.PositiveIntegerField(
                        default=3600,
                        help_text="from the start, by the server's clock",
                        validators=[
                            django.core.validators.MinValueValidator(60),
                            django.core.validators.MaxValueValidator(86400),
                        ],
                    ),
                ),
                (
                    "pass_share",
                    models.DecimalField(
                        decimal_places=3,
                        default=Decimal("0.6"),
                        max_digits=4,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(1),
                        ],
                    ),
                ),
                ("open", models.BooleanField(default=False, help_text="learners may start attempts")),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="quizzes", to="courses.edition"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "quizzes",
                "ordering": ["edition", "slug"],
            },
        ),
        migrations.CreateModel(
            name="AttemptAllowance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("used", models.PositiveSmallIntegerField()),
                ("learner", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="learners.learner")),
                ("quiz", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="assessments.quiz")),
            ],
        ),
        migrations.AddField(
            model_name="attempt",
            name="quiz",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="attempts", to="assessments.quiz"
            ),
        ),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.UniqueConstraint(fields=("edition", "code"), name="one_item_per_edition_and_code"),
        ),
        migrations.AddConstraint(
            model_name="itemrevision",
            constraint=models.UniqueConstraint(fields=("item", "number"), name="one_revision_per_number"),
        ),
        migrations.AddConstraint(
            model_name="itemrevision",
            constraint=models.CheckConstraint(
                condition=models.Q(("guess__gte", 0), ("guess__lt", 1)), name="guess_rate_is_a_probability"
            ),
        ),
        migrations.AddConstraint(
            model_name="attemptitem",
            constraint=models.UniqueConstraint(fields=("attempt", "position"), name="one_item_per_position"),
        ),
        migrations.AddConstraint(
            model_name="quiz",
            constraint=models.UniqueConstraint(fields=("edition", "slug"), name="one_quiz_per_edition_and_slug"),
        ),
        migrations.AddConstraint(
            model_name="quiz",
            constraint=models.CheckConstraint(
                condition=models.Q(("attempt_limit__gte", 1)), name="at_least_one_attempt"
            ),
        ),
        migrations.AddConstraint(
            model_name="quiz",
            constraint=models.CheckConstraint(condition=models.Q(("time_limit_s__gte", 1)), name="some_time_to_answer"),
        ),
        migrations.AddConstraint(
            model_name="quiz",
            constraint=models.CheckConstraint(
                condition=models.Q(("pass_share__gte", 0), ("pass_share__lte", 1)), name="pass_share_is_a_share"
            ),
        ),
        migrations.AddConstraint(
            model_name="attemptallowance",
            constraint=models.UniqueConstraint(fields=("quiz", "learner"), name="one_allowance_per_quiz_and_learner"),
        ),
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(fields=["learner", "-started_at", "-id"], name="attempts_of_a_learner"),
        ),
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(
                condition=models.Q(("submitted_at__isnull", True)), fields=["due_at"], name="live_attempts_by_due_at"
            ),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.UniqueConstraint(fields=("quiz", "learner", "number"), name="one_attempt_per_number"),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.UniqueConstraint(
                condition=models.Q(("submitted_at__isnull", True)),
                fields=("quiz", "learner"),
                name="one_live_attempt_per_quiz",
            ),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("score__isnull", True), ("submitted_at__isnull", True)),
                    models.Q(("score__isnull", False), ("submitted_at__isnull", False)),
                    _connector="OR",
                ),
                name="submitted_is_scored",
            ),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.CheckConstraint(
                condition=models.Q(("expired", False), ("submitted_at__isnull", False), _connector="OR"),
                name="expired_is_closed",
            ),
        ),
        migrations.AddField(
            model_name="attempt",
            name="device_class",
            field=models.CharField(
                blank=True, default="", help_text="phone, tablet or computer, if the frontend says so", max_length=10
            ),
        ),
        migrations.AddField(
            model_name="attemptitem",
            name="seconds",
            field=models.FloatField(help_text="time on the item as the frontend measured it, if it says so", null=True),
        ),
        migrations.AlterField(
            model_name="quiz",
            name="mode",
            field=models.CharField(
                choices=[
                    ("assessment", "assessment"),
                    ("practice", "practice"),
                    ("placement", "placement"),
                    ("certification", "certification"),
                ],
                default="assessment",
                max_length=14,
            ),
        ),
        migrations.CreateModel(
            name="HandedInFile",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                (
                    "media_type",
                    models.CharField(
                        choices=[
                            ("application/pdf", "application/pdf"),
                            ("image/jpeg", "image/jpeg"),
                            ("image/png", "image/png"),
                            ("text/plain", "text/plain"),
                        ],
                        max_length=40,
                    ),
                ),
                ("size", models.PositiveIntegerField(help_text="bytes as kept")),
                ("sha256", models.BinaryField(max_length=32)),
                ("body", models.BinaryField()),
                ("uploaded_at", models.DateTimeField()),
                (
                    "attempt",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="files", to="assessments.attempt"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MarkingTask",
            fields=[
                ("id", models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=12, unique=True)),
                ("language", models.CharField(max_length=20)),
                ("opened_at", models.DateTimeField()),
                ("final", models.FloatField(help_text="0 to 1; null while marks are missing", null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "attempt_item",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="marking_task",
                        to="assessments.attemptitem",
                    ),
                ),
            ],
            options={
                "verbose_name": "work to mark",
                "verbose_name_plural": "works to mark",
                "permissions": [("mark_markingtask", "Can mark the work of learners")],
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="Mark",
            fields=[
                ("id", models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("marker_id", models.UUIDField(help_text="the marker's account")),
                ("number", models.PositiveSmallIntegerField(help_text="1, 2, or 3 for the one that decides")),
                ("points", models.JSONField(help_text="points by the criteria's ids")),
                ("comments", models.JSONField(default=dict, help_text="what was said, by the criteria's ids")),
                ("reason", models.TextField(help_text="what was said about the whole")),
                ("score", models.FloatField(help_text="points as a share of all that can be had")),
                ("given_at", models.DateTimeField()),
                (
                    "learner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="marks", to="learners.learner"
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="marks", to="assessments.markingtask"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Claim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("marker_id", models.UUIDField(help_text="the marker's account")),
                ("expires_at", models.DateTimeField()),
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="claims", to="assessments.markingtask"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddIndex(
            model_name="markingtask",
            index=models.Index(
                condition=models.Q(("final__isnull", True)), fields=["opened_at", "id"], name="waiting_works_by_age"
            ),
        ),
        migrations.AddConstraint(
            model_name="markingtask",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at__isnull", True), ("final__isnull", True)),
                    models.Q(("closed_at__isnull", False), ("final__gte", 0), ("final__lte", 1)),
                    _connector="OR",
                ),
                name="marked_work_is_closed",
            ),
        ),
        migrations.AddConstraint(
            model_name="mark",
            constraint=models.UniqueConstraint(fields=("task", "marker_id"), name="nobody_marks_twice"),
        ),
        migrations.AddConstraint(
            model_name="mark",
            constraint=models.UniqueConstraint(fields=("task", "number"), name="one_mark_per_number"),
        ),
        migrations.AddConstraint(
            model_name="mark",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gte", 1), ("number__lte", 3)), name="at_most_three_marks"
            ),
        ),
        migrations.AddConstraint(
            model_name="mark",
            constraint=models.CheckConstraint(
                condition=models.Q(("score__gte", 0), ("score__lte", 1)), name="mark_is_a_share"
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.UniqueConstraint(fields=("task", "marker_id"), name="one_claim_per_task_and_marker"),
        ),
        migrations.CreateModel(
            name="AnalysisRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("made_at", models.DateTimeField()),
                ("digest", models.CharField(max_length=64)),
                ("method", models.CharField(help_text="version of the rules that made the figures", max_length=20)),
                ("learners", models.PositiveIntegerField()),
                ("answers", models.PositiveIntegerField()),
                (
                    "tests",
                    models.PositiveIntegerField(
                        help_text="Mantel-Haenszel tests whose p-values were corrected together"
                    ),
                ),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="courses.edition"
                    ),
                ),
            ],
            options={
                "ordering": ["-day", "edition"],
            },
        ),
        migrations.CreateModel(
            name="DifResult",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("factor", models.CharField(max_length=30)),
                ("group", models.CharField(max_length=40)),
                ("reference", models.CharField(blank=True, default="", max_length=40)),
                ("n", models.PositiveIntegerField()),
                ("facility", models.FloatField(null=True)),
                ("discrimination", models.FloatField(null=True)),
                ("median_seconds", models.FloatField(null=True)),
                ("delta", models.FloatField(null=True)),
                ("delta_error", models.FloatField(help_text="standard error of delta", null=True)),
                ("p", models.FloatField(null=True)),
                (
                    "q",
                    models.FloatField(
                        help_text="p corrected over all tests of the run (Benjamini-Hochberg)", null=True
                    ),
                ),
                (
                    "ets_class",
                    models.CharField(
                        blank=True, default="", help_text="A, B or C; empty: insufficient data", max_length=1
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="assessments.itemrevision"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="dif", to="assessments.analysisrun"
                    ),
                ),
            ],
            options={
                "ordering": ["run", "revision", "factor", "group"],
            },
        ),
        migrations.CreateModel(
            name="FormStatistic",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("factor", models.CharField(blank=True, default="", max_length=30)),
                ("group", models.CharField(blank=True, default="", max_length=40)),
                ("n", models.PositiveIntegerField()),
                ("items", models.PositiveIntegerField(help_text="scored items of an attempt")),
                ("is_drawn", models.BooleanField(help_text="not everybody had the same items")),
                (
                    "is_binary",
                    models.BooleanField(
                        help_text="every score was 0 or 1: the coefficient is KR-20, else Cronbach's alpha"
                    ),
                ),
                ("mean", models.FloatField(null=True)),
                (
                    "deviation",
                    models.FloatField(help_text="standard deviation of the attempts' mean scores", null=True),
                ),
                ("reliability", models.FloatField(null=True)),
                (
                    "error",
                    models.FloatField(help_text="standard error of measurement of a mean score, 0 to 1", null=True),
                ),
                ("reason", models.CharField(blank=True, default="", max_length=40)),
                (
                    "quiz",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="assessments.quiz"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="forms", to="assessments.analysisrun"
                    ),
                ),
            ],
            options={
                "ordering": ["run", "quiz", "factor", "group"],
            },
        ),
        migrations.CreateModel(
            name="ItemStatistic",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "n",
                    models.PositiveIntegerField(
                        help_text="learners who met it first in an analysed attempt; 0 below ten"
                    ),
                ),
                ("facility", models.FloatField(help_text="mean score, 0 to 1", null=True)),
                ("is_binary", models.BooleanField(default=True, help_text="every score was 0 or 1")),
                (
                    "discrimination",
                    models.FloatField(help_text="correlation of the score with the rest score", null=True),
                ),
                ("timed", models.PositiveIntegerField(default=0, help_text="answers with a time")),
                ("median_seconds", models.FloatField(null=True)),
                (
                    "difficulty",
                    models.FloatField(help_text="observed, in logits beside the other items of the run", null=True),
                ),
                ("thirds", models.JSONField(default=list)),
                ("options", models.JSONField(default=list)),
                (
                    "flags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), default=list, size=None
                    ),
                ),
                ("findings", models.JSONField(default=list)),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="assessments.itemrevision"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="items", to="assessments.analysisrun"
                    ),
                ),
            ],
            options={
                "ordering": ["run", "revision"],
            },
        ),
        migrations.AddConstraint(
            model_name="analysisrun",
            constraint=models.UniqueConstraint(fields=("edition", "day"), name="one_analysis_per_edition_and_day"),
        ),
        migrations.AddConstraint(
            model_name="difresult",
            constraint=models.UniqueConstraint(
                fields=("run", "revision", "factor", "group"), name="one_dif_result_per_group"
            ),
        ),
        migrations.AddConstraint(
            model_name="difresult",
            constraint=models.CheckConstraint(condition=models.Q(("n__gte", 10)), name="no_group_of_a_few_learners"),
        ),
        migrations.AddConstraint(
            model_name="formstatistic",
            constraint=models.UniqueConstraint(
                fields=("run", "quiz", "factor", "group"), name="one_form_statistic_per_group"
            ),
        ),
        migrations.AddConstraint(
            model_name="formstatistic",
            constraint=models.CheckConstraint(condition=models.Q(("n__gte", 10)), name="no_form_of_a_few_learners"),
        ),
        migrations.AddIndex(
            model_name="itemstatistic",
            index=django.contrib.postgres.indexes.GinIndex(fields=["flags"], name="item_statistics_by_flag"),
        ),
        migrations.AddConstraint(
            model_name="itemstatistic",
            constraint=models.UniqueConstraint(fields=("run", "revision"), name="one_statistic_per_run_and_revision"),
        ),
        migrations.AddConstraint(
            model_name="itemstatistic",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("facility__isnull", True), ("n", 0)), ("n__gte", 10), _connector="OR"),
                name="no_item_of_a_few_learners",
            ),
        ),
        migrations.CreateModel(
            name="Accommodation",
            fields=[
                ("id", models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                (
                    "factor",
                    models.DecimalField(
                        decimal_places=2,
                        default=1,
                        max_digits=3,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(4),
                        ],
                    ),
                ),
                (
                    "extra_s",
                    models.PositiveIntegerField(
                        default=0, validators=[django.core.validators.MaxValueValidator(86400)]
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("documented_need", "a need that was shown to whoever grants it"),
                            ("language", "no language of the quiz is the learner's own"),
                            ("technical", "device or network"),
                            ("other", "another reason, known to whoever grants it"),
                        ],
                        max_length=20,
                    ),
                ),
                ("granted_by", models.CharField(help_text="id of the member of staff", max_length=60)),
                ("granted_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ItemExposure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("drawn", models.PositiveIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name="attempt",
            name="exclusive",
            field=models.BooleanField(
                default=False, help_text="placement or certification: the learner has no other attempt under way"
            ),
        ),
        migrations.AddField(
            model_name="attempt",
            name="form",
            field=models.CharField(
                blank=True, default="", help_text="the fixed form, if the quiz has forms", max_length=40
            ),
        ),
        migrations.AddField(
            model_name="attempt",
            name="selection",
            field=models.JSONField(default=dict, help_text="what the items were chosen by, to explain the draw"),
        ),
        migrations.AddField(
            model_name="attemptitem",
            name="section",
            field=models.PositiveSmallIntegerField(default=0, help_text="number of the quiz's section; 0: it has none"),
        ),
        migrations.AddField(
            model_name="quiz",
            name="certified_level",
            field=models.PositiveSmallIntegerField(
                blank=True, help_text="level whose cut a certification measures at", null=True
            ),
        ),
        migrations.AddField(
            model_name="quiz",
            name="cool_down_s",
            field=models.PositiveIntegerField(default=0, help_text="from the end of an attempt to the next start"),
        ),
        migrations.AddField(
            model_name="quiz",
            name="cut_at_close",
            field=models.BooleanField(
                default=False, help_text="an attempt ends when its window closes; otherwise it may run to its own end"
            ),
        ),
        migrations.AddField(
            model_name="quiz",
            name="forms",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="quiz",
            name="max_exposure",
            field=models.DecimalField(
                decimal_places=3,
                default=Decimal("0.3"),
                help_text="share of a certification's attempts that an item may come in",
                max_digits=4,
                validators=[
                    django.core.validators.MinValueValidator(Decimal("0.001")),
                    django.core.validators.MaxValueValidator(1),
                ],
            ),
        ),
        migrations.AddField(
            model_name="quiz",
            name="options_in_order",
            field=models.JSONField(default=list, help_text="codes of items whose options stay in order"),
        ),
        migrations.AddField(
            model_name="quiz",
            name="prerequisites",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="quiz",
            name="review_what",
            field=models.CharField(
                choices=[
                    ("nothing", "nothing"),
                    ("score", "the score"),
                    ("marks", "the score, and which items were right"),
                    ("feedback", "the score, which items were right, and their feedback"),
                ],
                default="feedback",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="quiz",
            name="review_when",
            field=models.CharField(
                choices=[
                    ("at_once", "at once"),
                    ("after_window", "when the last window has closed"),
                    ("after_last_attempt", "after the last attempt, or one that was passed"),
                ],
                default="at_once",
                max_length=18,
            ),
        ),
        migrations.AddField(
            model_name="quiz",
            name="sections",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="quiz",
            name="shuffle_items",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="quiz",
            name="shuffle_options",
            field=models.BooleanField(
                default=True, help_text="where the order is the answer, options are shuffled all the same"
            ),
        ),
        migrations.AddField(
            model_name="quiz",
            name="skill_minimums",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="quiz",
            name="windows",
            field=models.JSONField(default=list),
        ),
        migrations.AlterField(
            model_name="quiz",
            name="pools",
            field=models.JSONField(default=list),
        ),
        migrations.AlterField(
            model_name="quiz",
            name="time_limit_s",
            field=models.PositiveIntegerField(
                default=3600,
                help_text="from the start, by the server's clock; a learner's extra time comes on top",
                validators=[
                    django.core.validators.MinValueValidator(60),
                    django.core.validators.MaxValueValidator(86400),
                ],
            ),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.UniqueConstraint(
                condition=models.Q(("exclusive", True), ("submitted_at__isnull", True)),
                fields=("learner",),
                name="one_live_exclusive_attempt",
            ),
        ),
        migrations.AddField(
            model_name="accommodation",
            name="learner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="accommodations", to="learners.learner"
            ),
        ),
        migrations.AddField(
            model_name="accommodation",
            name="quiz",
            field=models.ForeignKey(
                blank=True,
                help_text="empty: every quiz",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                to="assessments.quiz",
            ),
        ),
        migrations.AddField(
            model_name="itemexposure",
            name="item",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to="assessments.item"),
        ),
        migrations.AddField(
            model_name="itemexposure",
            name="quiz",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="exposures", to="assessments.quiz"
            ),
        ),
        migrations.AddConstraint(
            model_name="accommodation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("revoked_at__isnull", True)),
                fields=("learner", "quiz"),
                name="one_accommodation_in_force",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="accommodation",
            constraint=models.CheckConstraint(
                condition=models.Q(("factor__gte", 1), ("factor__lte", 4)), name="extra_time_never_shortens"
            ),
        ),
        migrations.AddConstraint(
            model_name="itemexposure",
            constraint=models.UniqueConstraint(
                fields=("quiz", "item"), name="one_exposure_per_quiz_and_item", nulls_distinct=False
            ),
        ),
        migrations.CreateModel(
            name="ScoringRuleCard",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
            options={
                "verbose_name": "scoring rule",
                "managed": False,
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="FairnessReport",
            fields=[
                ("id", models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("day", models.DateField(unique=True)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("since", models.DateTimeField(help_text="first attempts submitted from here on were counted")),
                ("rule_version", models.CharField(max_length=40)),
                ("rule", models.JSONField()),
                ("quizzes", models.PositiveIntegerField(help_text="quizzes with attempts in the window")),
                (
                    "comparisons",
                    models.PositiveIntegerField(
                        help_text="groups compared with their reference; what chance is judged by"
                    ),
                ),
                ("alerts", models.PositiveIntegerField()),
                (
                    "appeals_overdue",
                    models.PositiveIntegerField(help_text="undecided beyond their due date; null: not told", null=True),
                ),
                (
                    "dif",
                    models.JSONField(
                        help_text="items that work differently for a group: [{dimension, group, examined, flagged}]; null: not told",
                        null=True,
                    ),
                ),
            ],
            options={
                "ordering": ["-day"],
            },
        ),
        migrations.CreateModel(
            name="IntegrityRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateTimeField(unique=True)),
                ("until", models.DateTimeField()),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("rule_version", models.CharField(max_length=40)),
                ("attempts", models.PositiveIntegerField(help_text="attempts that were new")),
                ("pairs", models.PositiveBigIntegerField(help_text="pairs of attempts that were compared")),
                ("timed", models.PositiveIntegerField(help_text="attempts whose times were compared")),
                ("hints", models.PositiveIntegerField()),
            ],
            options={
                "ordering": ["-since"],
            },
        ),
        migrations.CreateModel(
            name="FairnessGroup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "measure",
                    models.CharField(
                        choices=[("pass_rate", "pass rate"), ("appeals_upheld", "appeals upheld")], max_length=20
                    ),
                ),
                ("dimension", models.CharField(max_length=20)),
                ("group", models.CharField(blank=True, max_length=40)),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("insufficient", "insufficient"),
                            ("reference", "reference"),
                            ("within", "within"),
                            ("watch", "watch"),
                            ("alert", "alert"),
                        ],
                        max_length=12,
                    ),
                ),
                ("people", models.PositiveIntegerField(null=True)),
                ("share", models.FloatField(help_text="with the favourable outcome, 0 to 1", null=True)),
                ("share_low", models.FloatField(null=True)),
                ("share_high", models.FloatField(null=True)),
                ("ratio", models.FloatField(help_text="to the reference's share, within the same quizzes", null=True)),
                ("ratio_low", models.FloatField(null=True)),
                ("ratio_high", models.FloatField(null=True)),
                ("p_value", models.FloatField(null=True)),
                (
                    "q_value",
                    models.FloatField(help_text="p-value adjusted for all comparisons of the report", null=True),
                ),
                (
                    "quiz",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="assessments.quiz"
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="groups",
                        to="assessments.fairnessreport",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("report", "measure", "quiz", "dimension", "group"),
                        name="one_figure_per_group",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("people__isnull", True),
                                ("ratio__isnull", True),
                                ("share__isnull", True),
                                ("verdict", "insufficient"),
                            ),
                            models.Q(
                                ("people__gte", 30),
                                ("share__isnull", False),
                                models.Q(("verdict", "insufficient"), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="small_groups_are_not_told",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="IntegrityHint",
            fields=[
                ("id", models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("fast_answers", "fast answers"), ("shared_answers", "shared answers")], max_length=14
                    ),
                ),
                (
                    "statistic",
                    models.FloatField(help_text="answers in common; or how slow in standard units, fast is negative"),
                ),
                (
                    "p_value",
                    models.FloatField(help_text="how often chance alone does that much, for one attempt or pair"),
                ),
                ("q_value", models.FloatField(help_text="p-value adjusted for everything compared that night")),
                ("facts", models.JSONField()),
                ("rule_version", models.CharField(max_length=40)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("dismissed", "dismissed"), ("noted", "noted")],
                        default="open",
                        max_length=9,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                ("reason", models.TextField(blank=True, default="")),
                (
                    "attempt",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="assessments.attempt"
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="assessments.attempt",
                    ),
                ),
                (
                    "quiz",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="assessments.quiz"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["state", "made_at"], name="hints_to_look_at")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "attempt", "other"), name="one_hint_per_kind_and_attempts", nulls_distinct=False
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("attempt__lt", models.F("other")), ("kind", "shared_answers"), ("other__isnull", False)
                            ),
                            models.Q(("kind", "fast_answers"), ("other__isnull", True)),
                            _connector="OR",
                        ),
                        name="only_shared_answers_have_two_attempts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("reason", ""), ("state", "open")),
                            models.Q(
                                ("decided_at__isnull", False),
                                models.Q(("state", "open"), _negated=True),
                                models.Q(("reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="closed_with_a_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Reviewer",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="reviewer",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("public_name", models.CharField(help_text="as learners are told it, in any script", max_length=200)),
            ],
        ),
        migrations.AddField(
            model_name="attemptallowance",
            name="granted",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, help_text="attempts beyond the quiz's limit, by decisions on appeals"
            ),
        ),
        migrations.CreateModel(
            name="Appeal",
            fields=[
                ("id", models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("level", "level"), ("score", "score"), ("refusal", "refusal")], max_length=8
                    ),
                ),
                ("subject", models.CharField(max_length=120)),
                ("skill", models.CharField(blank=True, default="", max_length=20)),
                ("level_assessment_id", models.UUIDField(null=True)),
                ("achievement", models.CharField(blank=True, default="", help_text="slug", max_length=80)),
                ("grounds", models.TextField(max_length=4000)),
                ("language", models.CharField(help_text="BCP 47 tag of the grounds", max_length=35)),
                ("disputed", models.JSONField()),
                ("opened_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(help_text="a person has to have decided by then")),
                (
                    "due_time_zone",
                    models.CharField(help_text="of the learner's state, in which the days were counted", max_length=40),
                ),
                ("due_rule", models.JSONField()),
                ("reviewer_since", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(help_text="decided or withdrawn", null=True)),
                ("withdrawn", models.BooleanField(default=False)),
                (
                    "attempt",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="appeals",
                        to="assessments.attempt",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="appeals",
                        to="assessments.attemptitem",
                    ),
                ),
                (
                    "learner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="appeals", to="learners.learner"
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appeals",
                        to="assessments.reviewer",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AppealDecision",
            fields=[
                ("id", models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                (
                    "outcome",
                    models.CharField(
                        choices=[("upheld", "upheld"), ("partly_upheld", "partly upheld"), ("dismissed", "dismissed")],
                        max_length=13,
                    ),
                ),
                ("reason", models.TextField(help_text="shown to the learner", max_length=4000)),
                ("remedy", models.JSONField()),
                (
                    "revisions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, help_text="keys of item revisions", size=None
                    ),
                ),
                ("reviewer_name", models.CharField(help_text="as the learner was told it", max_length=200)),
                ("decided_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "appeal",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="decision", to="assessments.appeal"
                    ),
                ),
                (
                    "learner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="learners.learner"
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="decisions", to="assessments.reviewer"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AppealStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("opened", "opened"),
                            ("claimed", "claimed"),
                            ("assigned", "assigned"),
                            ("released", "released"),
                            ("overdue", "overdue"),
                            ("withdrawn", "withdrawn"),
                            ("decided", "decided"),
                        ],
                        max_length=9,
                    ),
                ),
                ("actor", models.CharField(help_text="user id, or the name of a worker", max_length=64)),
                ("reviewer_name", models.CharField(blank=True, default="", max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "appeal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="assessments.appeal"
                    ),
                ),
                (
                    "learner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="learners.learner"
                    ),
                ),
            ],
            options={
                "ordering": ["appeal", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("what", "overdue")),
                        fields=("appeal",),
                        name="an_appeal_is_noted_overdue_once",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="appeal",
            index=models.Index(fields=["learner", "-opened_at", "-id"], name="appeals_of_a_learner"),
        ),
        migrations.AddIndex(
            model_name="appeal",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", True)), fields=["due_at"], name="open_appeals_by_due_at"
            ),
        ),
        migrations.AddConstraint(
            model_name="appeal",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at__isnull", True)),
                fields=("learner", "subject"),
                name="one_open_appeal_per_subject",
            ),
        ),
        migrations.AddConstraint(
            model_name="appeal",
            constraint=models.CheckConstraint(
                condition=models.Q(("withdrawn", False), ("closed_at__isnull", False), _connector="OR"),
                name="withdrawn_is_closed",
            ),
        ),
        migrations.AddConstraint(
            model_name="appeal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reviewer__isnull", True), ("reviewer_since__isnull", True)),
                    models.Q(("reviewer__isnull", False), ("reviewer_since__isnull", False)),
                    _connector="OR",
                ),
                name="a_reviewer_has_a_since",
            ),
        ),
        migrations.CreateModel(
            name="ScoreCorrection",
            fields=[
                ("id", models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("corrects", models.UUIDField(help_text="id of the evidence that this replaces")),
                ("previous", models.FloatField(help_text="the score until then; null: the item was struck", null=True)),
                ("score", models.FloatField(help_text="the score from then on; null: the item is struck", null=True)),
                ("reason", models.TextField()),
                ("actor", models.CharField(help_text="user id, or the name of what decided", max_length=64)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="attempt",
            name="submitted_is_scored",
        ),
        migrations.RemoveConstraint(
            model_name="attempt",
            name="expired_is_closed",
        ),
        migrations.AlterField(
            model_name="attempt",
            name="learner",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="attempts",
                to="learners.learner",
            ),
        ),
        migrations.AlterField(
            model_name="attempt",
            name="quiz",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="attempts",
                to="assessments.quiz",
            ),
        ),
        migrations.AlterField(
            model_name="attempt",
            name="score",
            field=models.FloatField(help_text="mean of the scores of the items that count, 0 to 1", null=True),
        ),
        migrations.AlterField(
            model_name="attemptitem",
            name="attempt",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="items",
                to="assessments.attempt",
            ),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("passed__isnull", True), ("score__isnull", True)),
                    models.Q(("passed__isnull", False), ("score__isnull", False), ("submitted_at__isnull", False)),
                    _connector="OR",
                ),
                name="scored_is_submitted_and_judged",
            ),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("expired", False),
                    models.Q(("score__isnull", False), ("submitted_at__isnull", False)),
                    _connector="OR",
                ),
                name="expired_is_closed",
            ),
        ),
        migrations.AddField(
            model_name="scorecorrection",
            name="item",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="corrections", to="assessments.attemptitem"
            ),
        ),
        migrations.AddField(
            model_name="scorecorrection",
            name="learner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="score_corrections", to="learners.learner"
            ),
        ),
        migrations.AddConstraint(
            model_name="scorecorrection",
            constraint=models.UniqueConstraint(fields=("corrects",), name="one_correction_per_evidence"),
        ),
        migrations.AddConstraint(
            model_name="scorecorrection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("score__isnull", True), models.Q(("score__gte", 0), ("score__lte", 1)), _connector="OR"
                ),
                name="corrected_score_is_a_share",
            ),
        ),
        migrations.AddConstraint(
            model_name="scorecorrection",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="correction_has_a_reason"
            ),
        ),
        migrations.AddField(
            model_name="attemptitem",
            name="met_before",
            field=models.BooleanField(
                default=False, help_text="asked in an earlier attempt of the learner, of any mode"
            ),
        ),
        migrations.AddField(
            model_name="attempt",
            name="known_at",
            field=models.DateTimeField(
                help_text="when the outcome became known: after the submission where people marked or the clock closed",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="attempt",
            name="told",
            field=models.BooleanField(
                default=True,
                help_text="false: closed while the consent to record learning was withdrawn; told once it is given",
            ),
        ),
        migrations.AlterField(
            model_name="markingtask",
            name="id",
            field=models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
        ),
    ]
