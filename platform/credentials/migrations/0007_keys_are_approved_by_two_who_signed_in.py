"""Two persons who signed in to the admin approve an issuer's next key, and it signs a day after it was published."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

FORWARD = """
CREATE FUNCTION credentials_require_two_approvals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.approved_at < NEW.planned_from THEN
        RAISE EXCEPTION 'the key signs from % on', NEW.planned_from USING ERRCODE = 'restrict_violation';
    END IF;
    IF (SELECT count(*) FROM credentials_keyrotationapproval WHERE rotation_id = NEW.id) < 2
        OR NOT EXISTS (
            SELECT FROM credentials_keyrotationapproval WHERE rotation_id = NEW.id AND approved_by = NEW.approved_by
        ) THEN
        RAISE EXCEPTION 'two persons approve a key' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER key_rotation_has_two_approvals BEFORE INSERT OR UPDATE ON credentials_keyrotation
    FOR EACH ROW WHEN (NEW.approved_at IS NOT NULL) EXECUTE FUNCTION credentials_require_two_approvals();
CREATE TRIGGER key_rotation_is_prepared_once
    BEFORE UPDATE OF id, issuer_id, did, multikey, planned_from, prepared_at
    ON credentials_keyrotation FOR EACH STATEMENT
    EXECUTE FUNCTION privacy_refuse_change('what was asked and decided is written once');
CREATE TRIGGER key_approval_is_written_once BEFORE UPDATE OR DELETE ON credentials_keyrotationapproval
    FOR EACH STATEMENT EXECUTE FUNCTION privacy_refuse_change('what was asked and decided is written once');
REVOKE UPDATE, DELETE ON credentials_keyrotationapproval FROM skills_app;
GRANT SELECT ON credentials_keyrotationapproval TO skills_issuer;
"""
BACKWARD = """
REVOKE SELECT ON credentials_keyrotationapproval FROM skills_issuer;
GRANT UPDATE, DELETE ON credentials_keyrotationapproval TO skills_app;
DROP TRIGGER key_approval_is_written_once ON credentials_keyrotationapproval;
DROP TRIGGER key_rotation_is_prepared_once ON credentials_keyrotation;
DROP TRIGGER key_rotation_has_two_approvals ON credentials_keyrotation;
DROP FUNCTION credentials_require_two_approvals();
"""
_ONCE = "DROP TRIGGER key_rotation_is_prepared_once ON credentials_keyrotation;"
_ONCE_BEFORE = """
CREATE TRIGGER key_rotation_is_prepared_once
    BEFORE UPDATE OF id, issuer_id, did, multikey, planned_from, prepared_by, prepared_at
    ON credentials_keyrotation FOR EACH STATEMENT
    EXECUTE FUNCTION privacy_refuse_change('what was asked and decided is written once');
"""


class Migration(migrations.Migration):
    dependencies = [("credentials", "0006_twins_and_passports_are_signed_by_the_issuer")]

    operations = [
        migrations.RunSQL(_ONCE, _ONCE_BEFORE),
        migrations.RemoveConstraint(model_name="keyrotation", name="key_rotated_by_two_persons"),
        migrations.RemoveField(model_name="keyrotation", name="prepared_by"),
        migrations.AddConstraint(
            model_name="keyrotation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_at__isnull", True),
                    ("approved_by__isnull", True),
                )
                | models.Q(("approved_at__isnull", False), ("approved_by__isnull", False)),
                name="key_rotation_is_approved_by_somebody",
            ),
        ),
        migrations.CreateModel(
            name="KeyRotationApproval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("approved_by", models.UUIDField()),
                ("approved_at", models.DateTimeField()),
                (
                    "rotation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="approvals",
                        to="credentials.keyrotation",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("rotation", "approved_by"), name="nobody_approves_a_key_twice")
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
