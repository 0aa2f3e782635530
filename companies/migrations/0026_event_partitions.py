from typing import Any

from django.core.management import CommandError
from django.db import migrations

from config.db.partitions import FUNCTIONS, PERIODS_AHEAD, divide

UNIT = "month"
# the events last: their first partition then ends last, if this is cut off and repeated in another month
KEYS = {
    "companies_webhookattempt": "id",
    "companies_webhookdelivery": "event_id",
    "companies_partnerevent": "id",
}

CREATE = """
CREATE OR REPLACE FUNCTION companies_create_event_partitions() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp SET lock_timeout = '200ms' AS $$
BEGIN
    RETURN create_partitions('companies_partnerevent', '{unit}', {ahead})
        + create_partitions('companies_webhookdelivery', '{unit}', {ahead})
        + create_partitions('companies_webhookattempt', '{unit}', {ahead});
END
$$
"""
# The rows of the streams are locked first, as by other transactions: no event of a partition gets a number meanwhile.
# Other transactions wait for a lock for 0.2 s at most, and this one gives up before PostgreSQL looks for a deadlock.
DROP = """
CREATE OR REPLACE FUNCTION companies_drop_event_partitions() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
    bound uuid := first_uuid7_at(now() - interval '30 days');
    expired regclass;
BEGIN
    IF NOT EXISTS (
        SELECT FROM unnest(ARRAY['companies_partnerevent', 'companies_webhookdelivery', 'companies_webhookattempt'])
            AS parent CROSS JOIN partitions_of(parent::regclass)
        WHERE ends <= bound
    ) THEN
        RETURN 0;
    END IF;
    PERFORM FROM companies_eventstream ORDER BY id FOR NO KEY UPDATE;
    FOR expired IN SELECT partition FROM partitions_of('companies_partnerevent') WHERE ends <= bound ORDER BY ends LOOP
        EXECUTE format('
            UPDATE companies_eventstream AS stream
            SET deleted_sequence = newest.sequence, deleted_event_id = newest.id
            FROM companies_eventstream AS same CROSS JOIN LATERAL (
                SELECT sequence, id FROM %s AS event
                WHERE event.partner_id = same.partner_id AND event.is_live = same.is_live AND sequence IS NOT NULL
                ORDER BY sequence DESC LIMIT 1
            ) AS newest
            WHERE stream.id = same.id AND newest.sequence > stream.deleted_sequence', expired);
    END LOOP;
    LOCK TABLE ONLY companies_partnerevent, ONLY companies_webhookdelivery, ONLY companies_webhookattempt
        IN ACCESS EXCLUSIVE MODE;
    RETURN drop_partitions('companies_partnerevent', bound) + drop_partitions('companies_webhookdelivery', bound)
        + drop_partitions('companies_webhookattempt', bound);
END
$$
"""


def divide_tables(apps: Any, schema_editor: Any) -> None:
    for table, key in KEYS.items():
        divide(schema_editor, table, key=key, unit=UNIT)


def create_functions(apps: Any, schema_editor: Any) -> None:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        values = {"schema": cursor.fetchone()[0], "unit": UNIT, "ahead": PERIODS_AHEAD}
        for function in (FUNCTIONS, CREATE, DROP):
            cursor.execute(function if function is FUNCTIONS else function.format(**values))


def refuse(apps: Any, schema_editor: Any) -> None:
    raise CommandError(
        "The tables of events stay divided into partitions: the previous version works with them, so leave them."
    )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("companies", "0025_without_foreign_keys"),
    ]

    operations = [
        migrations.RunPython(create_functions, refuse),
        migrations.RunPython(divide_tables, refuse),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint(model_name="partnerevent", name="one_event_per_sequence_number"),
            ],
        ),
        migrations.RunSQL("SELECT companies_create_event_partitions()", ""),
    ]
