"""No event goes while it has deliveries; asked once per statement, at its end.

Deliveries are written by the statement that writes their event and are never given to another one. A foreign key would
look each up at the commit, and was a third of what recording an event cost.
"""

from __future__ import annotations

from django.db import migrations

FORWARD = """
CREATE FUNCTION events_refuse_leaving_deliveries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM removed JOIN events_delivery ON events_delivery.event_id = removed.id) THEN
        RAISE EXCEPTION 'the event has deliveries' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER event_leaves_no_delivery AFTER DELETE ON events_event
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION events_refuse_leaving_deliveries();
"""
BACKWARD = """
DROP TRIGGER event_leaves_no_delivery ON events_event;
DROP FUNCTION events_refuse_leaving_deliveries();
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
