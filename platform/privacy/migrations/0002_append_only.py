"""What is proof is never edited: consents, disclosures, pulls and the audit log refuse UPDATE and DELETE.

Other apps' triggers call the function too. Its arguments are what the error says and, where rows belong to a person, the
column that names the person: such a row may be deleted while the transaction's setting `privacy.erasing` names that person
(privacy.erasure).
"""

from django.db import migrations

PERSONAL = ("privacy_consentrecord", "privacy_disclosure")
IMPERSONAL = ("privacy_pull", "privacy_auditentry")

FORWARD = """
CREATE FUNCTION privacy_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND to_jsonb(OLD) ->> TG_ARGV[1] = current_setting('privacy.erasing', true) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END
$$;
""" + "".join(
    f"CREATE TRIGGER is_append_only BEFORE UPDATE OR DELETE ON {table} "
    f"FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change('{table} is append-only'{person});\n"
    for tables, person in ((PERSONAL, ", 'user_id'"), (IMPERSONAL, ""))
    for table in tables
)
BACKWARD = (
    "".join(f"DROP TRIGGER is_append_only ON {table};\n" for table in (*PERSONAL, *IMPERSONAL))
    + "DROP FUNCTION privacy_refuse_change();"
)


class Migration(migrations.Migration):
    dependencies = [("privacy", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
