"""Evidence belongs to a learner: checked once per statement, where a foreign key asks for every row.

A foreign key's check is a query of its own for each row, and was a tenth of what absorbing an answer cost. The two triggers
keep what it keeps: no evidence of nobody, and no learner goes while evidence of theirs is there (asked at the commit, as
the foreign key did). KEY SHARE is the foreign key's own lock: whoever deletes the learner waits, and sees the evidence.
"""

from __future__ import annotations

from django.db import migrations

FORWARD = """
CREATE FUNCTION learners_check_learners_of_evidence() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted uuid[] := ARRAY(SELECT DISTINCT learner_id FROM added);
    found integer;
BEGIN
    PERFORM FROM learners_learner WHERE user_id = ANY(wanted) ORDER BY user_id FOR KEY SHARE;
    GET DIAGNOSTICS found = ROW_COUNT;
    IF found <> cardinality(wanted) THEN
        RAISE EXCEPTION 'evidence of nobody' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER evidence_belongs_to_a_learner AFTER INSERT ON learners_evidence
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION learners_check_learners_of_evidence();

CREATE FUNCTION learners_refuse_leaving_evidence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM learners_evidence WHERE learner_id = OLD.user_id)
        AND NOT EXISTS (SELECT FROM learners_learner WHERE user_id = OLD.user_id) THEN
        RAISE EXCEPTION 'the learner has evidence' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER learner_leaves_no_evidence AFTER DELETE OR UPDATE OF user_id ON learners_learner
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION learners_refuse_leaving_evidence();
"""
BACKWARD = """
DROP TRIGGER learner_leaves_no_evidence ON learners_learner;
DROP FUNCTION learners_refuse_leaving_evidence();
DROP TRIGGER evidence_belongs_to_a_learner ON learners_evidence;
DROP FUNCTION learners_check_learners_of_evidence();
"""


class Migration(migrations.Migration):
    dependencies = [("learners", "0003_room_for_updates")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
