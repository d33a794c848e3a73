"""A certificate changes in its status only and never once it is revoked; an award and a key's identity never change.

A DELETE is allowed, for it goes with its learner.
"""

from __future__ import annotations

from django.db import migrations

FORWARD = """
CREATE FUNCTION learners_refuse_certificate_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was certified is written once' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER certificate_is_written_once
    BEFORE UPDATE OF id, public_code, award_id, learner_id, key_id, credential, valid_from, valid_until, issued_at
    ON learners_certificate FOR EACH STATEMENT EXECUTE FUNCTION learners_refuse_certificate_change();
CREATE TRIGGER certificate_stays_revoked
    BEFORE UPDATE OF status, status_reason, status_changed_at
    ON learners_certificate FOR EACH ROW WHEN (OLD.status = 'revoked')
    EXECUTE FUNCTION learners_refuse_certificate_change();
CREATE TRIGGER award_is_written_once
    BEFORE UPDATE ON learners_award FOR EACH STATEMENT EXECUTE FUNCTION learners_refuse_certificate_change();
CREATE TRIGGER issuer_key_keeps_its_identity
    BEFORE UPDATE OF id, did, multikey, valid_from
    ON learners_issuerkey FOR EACH STATEMENT EXECUTE FUNCTION learners_refuse_certificate_change();
"""
BACKWARD = """
DROP TRIGGER issuer_key_keeps_its_identity ON learners_issuerkey;
DROP TRIGGER award_is_written_once ON learners_award;
DROP TRIGGER certificate_stays_revoked ON learners_certificate;
DROP TRIGGER certificate_is_written_once ON learners_certificate;
DROP FUNCTION learners_refuse_certificate_change();
"""


class Migration(migrations.Migration):
    dependencies = [("learners", "0002_evidence_is_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
