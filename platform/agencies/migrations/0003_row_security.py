from django.db import migrations

# `true` as the second argument: where nothing is set the answer is NULL, and NULL equals no agency. A setting that was
# local to an earlier transaction of the session reads as an empty text, hence nullif.
_SECURE = """
CREATE SEQUENCE agencies_feed_position AS bigint;

ALTER TABLE agencies_progressrow ENABLE ROW LEVEL SECURITY;
ALTER TABLE agencies_progressrow FORCE ROW LEVEL SECURITY;

CREATE POLICY an_agency_reads_its_own_rows ON agencies_progressrow FOR SELECT
    USING (agency_id = nullif(current_setting('app.agency_id', true), '')::uuid);

CREATE POLICY the_publisher_keeps_the_feed ON agencies_progressrow FOR ALL
    USING (current_setting('app.feed_publisher', true) = 'on')
    WITH CHECK (current_setting('app.feed_publisher', true) = 'on');
"""

_UNDO = """
DROP POLICY the_publisher_keeps_the_feed ON agencies_progressrow;
DROP POLICY an_agency_reads_its_own_rows ON agencies_progressrow;
ALTER TABLE agencies_progressrow NO FORCE ROW LEVEL SECURITY;
ALTER TABLE agencies_progressrow DISABLE ROW LEVEL SECURITY;
DROP SEQUENCE agencies_feed_position;
"""


class Migration(migrations.Migration):
    """The feed's sequence, and row security: nobody sees a row unless the transaction says for whom it reads."""

    dependencies = [("agencies", "0002_initial")]

    operations = [migrations.RunSQL(_SECURE, _UNDO)]
