"""What is published, and the versions of the framework, are frozen by the database itself."""

from django.db import migrations

_CHILDREN = {
    "courses_editiontext": "edition",
    "courses_module": "edition",
    "courses_document": "edition",
    "courses_moduletext": "module",
    "courses_lesson": "module",
    "courses_lessontext": "lesson",
    "courses_lessonskill": "lesson",
}
_FRAMEWORK = ("skilllevel", "skillarea", "skill", "skillstatement", "frameworklabel")

FORWARD = """
-- The edition's row: as a draft it is free and may be published; after that it may only be retired.
CREATE FUNCTION courses_freeze_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.status <> 'draft' THEN
            RAISE EXCEPTION 'edition % is frozen', OLD.id USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.status = NEW.status AND OLD.status = 'draft' THEN
        RETURN NEW;
    END IF;
    IF OLD.status = 'draft' AND NEW.status = 'published' THEN
        RETURN NEW;
    END IF;
    IF to_jsonb(OLD) - 'status' = to_jsonb(NEW) - 'status'
            AND (OLD.status = NEW.status OR OLD.status = 'published' AND NEW.status = 'retired') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'edition % is frozen', OLD.id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER courses_freeze BEFORE UPDATE OR DELETE ON courses_edition
    FOR EACH ROW EXECUTE FUNCTION courses_freeze_edition();

-- Rows below the edition. The lock makes a writer wait for a publishing that is under way, and then see its outcome.
CREATE FUNCTION courses_freeze_below() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    parents uuid[];
    above record;
BEGIN
    -- Documents follow from frozen rows; a new form of theirs is compiled by courses.publishing.services.recompile only.
    IF TG_TABLE_NAME = 'courses_document' AND current_setting('courses.recompiling', true) = 'on' THEN
        RETURN COALESCE(NEW, OLD);
    END IF;
    IF TG_ARGV[0] = 'edition' THEN
        parents := ARRAY[OLD.edition_id, NEW.edition_id];
    ELSIF TG_ARGV[0] = 'module' THEN
        parents := ARRAY[OLD.module_id, NEW.module_id];
        parents := ARRAY(SELECT edition_id FROM courses_module WHERE id = ANY(parents));
    ELSE
        parents := ARRAY[OLD.lesson_id, NEW.lesson_id];
        parents := ARRAY(
            SELECT module.edition_id FROM courses_lesson lesson JOIN courses_module module ON module.id = lesson.module_id
            WHERE lesson.id = ANY(parents)
        );
    END IF;
    FOR above IN SELECT id, status FROM courses_edition WHERE id = ANY(parents) ORDER BY id FOR SHARE LOOP
        IF above.status <> 'draft' THEN
            RAISE EXCEPTION 'edition % is frozen', above.id USING ERRCODE = 'restrict_violation';
        END IF;
    END LOOP;
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
    f"CREATE TRIGGER courses_freeze BEFORE INSERT OR UPDATE OR DELETE ON {table} "
    f"FOR EACH ROW EXECUTE FUNCTION courses_freeze_below('{parent}');\n"
    for table, parent in _CHILDREN.items()
)
FORWARD += "".join(
    f"CREATE TRIGGER courses_freeze BEFORE UPDATE OR DELETE ON courses_{table} "
    f"FOR EACH ROW EXECUTE FUNCTION courses_freeze_framework();\n"
    for table in ("framework", *_FRAMEWORK)
)

BACKWARD = "".join(
    f"DROP TRIGGER courses_freeze ON {table};\n"
    for table in ("courses_edition", *_CHILDREN, "courses_framework", *(f"courses_{name}" for name in _FRAMEWORK))
)
BACKWARD += """
DROP FUNCTION courses_freeze_edition();
DROP FUNCTION courses_freeze_below();
DROP FUNCTION courses_freeze_framework();
"""


class Migration(migrations.Migration):
    dependencies = [("courses", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
