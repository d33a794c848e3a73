from decimal import Decimal

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import assessments.items.kinds
import common.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("courses", "0001_initial"),
        ("learners", "0001_initial"),
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
    ]
