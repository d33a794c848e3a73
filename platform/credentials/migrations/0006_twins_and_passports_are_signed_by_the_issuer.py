"""Web processes may ask for further forms of a certificate; only the issuer's role may write what was signed.

A twin that was signed never changes.
"""

from __future__ import annotations

from django.db import migrations

FORWARD = """
CREATE TRIGGER certificate_jwt_is_signed_once
    BEFORE UPDATE ON credentials_certificatejwt FOR EACH ROW WHEN (OLD.token <> '')
    EXECUTE FUNCTION privacy_refuse_change('what was certified is written once');
REVOKE INSERT, UPDATE ON credentials_certificatejwt, credentials_passport FROM skills_app;
GRANT INSERT (certificate_id, asked_at), UPDATE (asked_at) ON credentials_certificatejwt TO skills_app;
GRANT SELECT, UPDATE (token, key_id, signed_at) ON credentials_certificatejwt TO skills_issuer;
GRANT INSERT (learner_id, asked_at, wanted_sha256), UPDATE (asked_at, wanted_sha256) ON credentials_passport TO skills_app;
GRANT SELECT, UPDATE (wanted_sha256, content_sha256, credential, key_id, valid_until) ON credentials_passport TO skills_issuer;
"""
BACKWARD = """
REVOKE SELECT, UPDATE ON credentials_certificatejwt, credentials_passport FROM skills_issuer;
GRANT INSERT, UPDATE ON credentials_certificatejwt, credentials_passport TO skills_app;
DROP TRIGGER certificate_jwt_is_signed_once ON credentials_certificatejwt;
"""


class Migration(migrations.Migration):
    dependencies = [("credentials", "0005_paper_designs_are_published_once")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
