import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=80)),
                ("version", models.PositiveSmallIntegerField()),
                ("payload", models.JSONField()),
                ("occurred_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("request_id", models.CharField(blank=True, default="", max_length=64)),
            ],
            options={
                "indexes": [models.Index(fields=["occurred_at"], name="event_by_age")],
            },
        ),
        migrations.CreateModel(
            name="StoredAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("caller", models.CharField(max_length=64)),
                ("key", models.CharField(max_length=200)),
                ("operation", models.CharField(max_length=200)),
                ("body_sha256", models.BinaryField(max_length=32)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("answer", models.BinaryField(default=b"")),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "indexes": [models.Index(fields=["created_at"], name="answer_by_age")],
                "constraints": [
                    models.UniqueConstraint(fields=("caller", "key"), name="one_answer_per_caller_and_key")
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("consumer", models.CharField(max_length=80)),
                ("tries", models.PositiveSmallIntegerField(db_default=0, default=0)),
                ("available_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("dead", models.BooleanField(db_default=False, default=False)),
                ("cause", models.TextField(blank=True, db_default="", default="")),
                (
                    "event",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="events.event",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "indexes": [
                    models.Index(
                        condition=models.Q(("dead", False)), fields=["consumer", "id"], name="delivery_to_drain"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("event", "consumer"), name="one_delivery_per_event_and_consumer")
                ],
            },
        ),
    ]
