"""What is proof is never edited: consents, disclosures, pulls and the audit log refuse UPDATE and DELETE.

Rows that belong to a person may be deleted while the transaction's setting `privacy.erasing` names that person
(privacy.erasure).
"""

from django.db import migrations

PERSONAL = ("privacy_consentrecord", "privacy_disclosure")
IMPERSONAL = ("privacy_pull", "privacy_auditentry")

FUNCTIONS = """
CREATE FUNCTION privacy_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION privacy_refuse_delete_unless_erasing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.user_id::text = current_setting('privacy.erasing', true) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""


def _triggers() -> tuple[str, str]:
    made, dropped = [FUNCTIONS], []
    for table in (*PERSONAL, *IMPERSONAL):
        delete = "privacy_refuse_delete_unless_erasing" if table in PERSONAL else "privacy_refuse_change"
        made.append(
            f"CREATE TRIGGER no_update BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change();"
            f"CREATE TRIGGER no_delete BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {delete}();"
        )
        dropped.append(f"DROP TRIGGER no_update ON {table}; DROP TRIGGER no_delete ON {table};")
    dropped.append("DROP FUNCTION privacy_refuse_change(); DROP FUNCTION privacy_refuse_delete_unless_erasing();")
    return "\n".join(made), "\n".join(dropped)


class Migration(migrations.Migration):
    dependencies = [("privacy", "0001_initial")]

    operations = [migrations.RunSQL(*_triggers())]
