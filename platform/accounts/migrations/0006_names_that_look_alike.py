from django.db import migrations, models

import accounts.models
import accounts.usernames


def work_out_skeletons(apps, schema_editor):
    User = apps.get_model("accounts", "User")
    for user in User.objects.using(schema_editor.connection.alias).only("username").iterator(2000):
        # Written whole: the field works its value out of the name.
        user.save(update_fields=["skeleton"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_recovery_codes")]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="username",
            field=models.CharField(
                error_messages={"unique": "A user with that username already exists."},
                max_length=150,
                unique=True,
                verbose_name="username",
                validators=[accounts.usernames.validate],
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="email",
            field=models.EmailField(blank=True, default="", max_length=254, verbose_name="email address"),
        ),
        migrations.AlterModelManagers(name="user", managers=[("objects", accounts.models.Accounts())]),
        migrations.RemoveConstraint(model_name="user", name="one_account_per_email"),
        migrations.AddField(
            model_name="user",
            name="skeleton",
            field=accounts.models.SkeletonField(default="", editable=False, max_length=600),
            preserve_default=False,
        ),
        migrations.RunPython(work_out_skeletons, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="user",
            name="skeleton",
            field=accounts.models.SkeletonField(editable=False, max_length=600, unique=True),
        ),
    ]
