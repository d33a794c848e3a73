"""What was frozen, and the versions of the framework, are kept as they are by the database itself; who answers for courses."""

from typing import Any

from django.db import migrations

_APPEND_ONLY = ("version", "document", "sourcetext")
_OF_EDITION = ("pin", "page")
_FRAMEWORK = ("framework", "skilllevel", "skillarea", "skill", "skillstatement", "frameworklabel")
_AUTHORITIES = ("regional", "BN", "ID", "JP", "KH", "LA", "MM", "MY", "PH", "SG", "TH", "TL", "VN")

FORWARD = """
-- An edition goes from proposed to published to retired. What it is of never changes; what was published is never deleted.
CREATE FUNCTION courses_freeze_edition() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := ARRAY['status'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.status <> 'proposed' THEN
            RAISE EXCEPTION 'edition % is frozen', OLD.id USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.status = 'proposed' AND NEW.status IN ('proposed', 'published') THEN
        free := ARRAY['status', 'approved_at', 'approved_by_id', 'publish_at', 'published_at', 'note', 'move_rule',
            'proposed_by_id'];
    ELSIF NEW.status = OLD.status OR OLD.status = 'published' AND NEW.status = 'retired' THEN
        -- Who proposed and approved is emptied when an account is erased; the rule for moves is operation.
        free := ARRAY['status', 'retired_at', 'move_rule', 'proposed_by_id', 'approved_by_id'];
    ELSE
        RAISE EXCEPTION 'edition % is frozen', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF to_jsonb(OLD) - free = to_jsonb(NEW) - free THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'edition % is frozen', OLD.id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER courses_freeze BEFORE UPDATE OR DELETE ON courses_edition
    FOR EACH ROW EXECUTE FUNCTION courses_freeze_edition();

CREATE FUNCTION courses_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

-- What an edition holds is written while it is proposed. Its pages may be compiled anew, in a new form of theirs.
CREATE FUNCTION courses_freeze_below() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    state text;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_TABLE_NAME = 'courses_page' AND current_setting('courses.recompiling', true) = 'on' THEN
        RETURN COALESCE(NEW, OLD);
    END IF;
    SELECT status INTO state FROM courses_edition WHERE id = COALESCE(NEW.edition_id, OLD.edition_id);
    -- A withdrawn proposal is gone already when its rows go after it.
    IF state IS NOT NULL AND state <> 'proposed' THEN
        RAISE EXCEPTION 'edition % is frozen', COALESCE(NEW.edition_id, OLD.edition_id)
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;

-- A version of the framework: only which version is the current one may change.
CREATE FUNCTION courses_freeze_framework() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'courses_framework'
            AND to_jsonb(OLD) - 'current' = to_jsonb(NEW) - 'current' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a loaded version of the framework is frozen' USING ERRCODE = 'restrict_violation';
END $$;
"""
FORWARD += "".join(
    f"CREATE TRIGGER courses_freeze BEFORE UPDATE OR DELETE ON courses_{table} "
    f"FOR EACH ROW EXECUTE FUNCTION courses_append_only();\n"
    for table in _APPEND_ONLY
)
FORWARD += "".join(
    f"CREATE TRIGGER courses_freeze BEFORE INSERT OR UPDATE OR DELETE ON courses_{table} "
    f"FOR EACH ROW EXECUTE FUNCTION courses_freeze_below();\n"
    for table in _OF_EDITION
)
FORWARD += "".join(
    f"CREATE TRIGGER courses_freeze BEFORE UPDATE OR DELETE ON courses_{table} "
    f"FOR EACH ROW EXECUTE FUNCTION courses_freeze_framework();\n"
    for table in _FRAMEWORK
)
BACKWARD = "".join(
    f"DROP TRIGGER courses_freeze ON courses_{table};\n"
    for table in ("edition", *_APPEND_ONLY, *_OF_EDITION, *_FRAMEWORK)
)
BACKWARD += """
DROP FUNCTION courses_freeze_edition();
DROP FUNCTION courses_append_only();
DROP FUNCTION courses_freeze_below();
DROP FUNCTION courses_freeze_framework();
"""


def name_authorities(apps: Any, schema_editor: Any) -> None:
    authority = apps.get_model("courses", "Authority")
    authority.objects.bulk_create(authority(code=code) for code in _AUTHORITIES)


class Migration(migrations.Migration):
    dependencies = [("courses", "0001_initial")]
    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.RunPython(name_authorities, migrations.RunPython.noop),
    ]
