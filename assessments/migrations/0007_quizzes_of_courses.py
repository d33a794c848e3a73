"""Quizzes belong to courses; an attempt names the edition that its learner was enrolled in."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assessments", "0006_banks"), ("courses", "0002_frozen")]
    operations = [
        migrations.RemoveConstraint(model_name="quiz", name="one_quiz_per_edition_and_slug"),
        migrations.RemoveField(model_name="quiz", name="edition"),
        migrations.AddField(
            model_name="quiz",
            name="course",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="quizzes", to="courses.course"
            ),
            preserve_default=False,
        ),
        migrations.AlterModelOptions(
            name="quiz", options={"ordering": ["course", "slug"], "verbose_name_plural": "quizzes"}
        ),
        migrations.AddConstraint(
            model_name="quiz",
            constraint=models.UniqueConstraint(fields=("course", "slug"), name="one_quiz_per_course_and_slug"),
        ),
        migrations.AddField(
            model_name="attempt",
            name="edition",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="courses.edition",
            ),
            preserve_default=False,
        ),
    ]
