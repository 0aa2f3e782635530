"""Tables divided by time: each partition has the rows whose key, a UUIDv7, is of one week or month.

Migrations run this code: change it only so that a new database gets what an old one has.
"""

from typing import Any

from django.db import transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

FIRST, OTHER, BOUND = "{}_first", "{}_other", "{}_end_of_first"
PERIODS_AHEAD = 2  # beside the current one
# Looks for rows of its range in `_other` under a lock. A larger one would hold that for long.
MAX_OTHER = "64 MB"

FUNCTIONS = """
CREATE OR REPLACE FUNCTION first_uuid7_at(moment timestamptz) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT (lpad(to_hex(floor(extract(epoch FROM moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- An end that is null is open. `_other`, for rows of no other partition, has neither.
CREATE OR REPLACE FUNCTION partitions_of(parent regclass)
RETURNS TABLE (partition regclass, starts uuid, ends uuid, is_other boolean) LANGUAGE sql STABLE AS $$
    SELECT child.oid::regclass, substring(bound FROM $re$FROM \\('([^']+)$re$)::uuid,
        substring(bound FROM $re$TO \\('([^']+)$re$)::uuid, bound = 'DEFAULT'
    FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
    CROSS JOIN pg_get_expr(child.relpartbound, child.oid) AS bound
    WHERE inhparent = parent
$$;

-- Creates the missing partitions of this period and the next ones. It locks nothing if none is missing. A period of
-- which `_other` has rows stays there.
CREATE OR REPLACE FUNCTION create_partitions(parent regclass, unit text, periods_ahead integer)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    this_period timestamp := date_trunc(unit, now() AT TIME ZONE 'UTC');
    other regclass := (SELECT partition FROM partitions_of(parent) WHERE is_other);
    key name := (
        SELECT attname FROM pg_partitioned_table JOIN pg_attribute ON attrelid = partrelid AND attnum = partattrs[0]
        WHERE partrelid = parent
    );
    place text := (SELECT quote_ident(nspname) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE pg_class.oid = parent);
    step interval := '1 ' || unit;
    first_id uuid; end_id uuid; new_name text; has_rows boolean; created integer := 0;
BEGIN
    FOR period IN 0..periods_ahead LOOP
        first_id := first_uuid7_at((this_period + period * step) AT TIME ZONE 'UTC');
        end_id := first_uuid7_at((this_period + (period + 1) * step) AT TIME ZONE 'UTC');
        CONTINUE WHEN EXISTS (
            SELECT FROM partitions_of(parent) WHERE ends >= end_id AND (starts IS NULL OR starts <= first_id)
        );
        EXECUTE format('LOCK TABLE ONLY %s IN SHARE UPDATE EXCLUSIVE MODE', parent);
        CONTINUE WHEN pg_relation_size(other) > pg_size_bytes('{max_other}') OR EXISTS (
            SELECT FROM partitions_of(parent) WHERE starts < end_id AND ends > first_id
        );
        EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE %I >= $1 AND %2$I < $2)', other, key)
            INTO has_rows USING first_id, end_id;
        CONTINUE WHEN has_rows;
        SELECT format('%s.%I', place, relname || to_char(this_period + period * step, '_YYYYMMDD'))
            INTO new_name FROM pg_class WHERE oid = parent;
        EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING ALL)', new_name, other);
        EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)',
            parent, new_name, first_id, end_id);
        created := created + 1;
    END LOOP;
    RETURN created;
END
$$;

-- Drops the partitions that end at or before the bound. Their rows must not be needed by others.
CREATE OR REPLACE FUNCTION drop_partitions(parent regclass, bound uuid) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    expired regclass; dropped integer := 0;
BEGIN
    FOR expired IN SELECT partition FROM partitions_of(parent) WHERE ends <= bound LOOP
        EXECUTE format('DROP TABLE %s', expired);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;
""".replace("{max_other}", MAX_OTHER)


def divide(schema_editor: BaseDatabaseSchemaEditor, table: str, *, key: str, unit: str) -> None:
    """Put a partitioned table in the place of `table`, which becomes its first partition with all rows.

    Runs beside transactions that read and write. It locks the table twice for a moment, and does not copy it. Can be
    repeated after it was cut off. The first partition ends with the next period.
    """
    connection: Any = schema_editor.connection
    with connection.cursor() as cursor:
        cursor.execute("SELECT relkind FROM pg_class WHERE oid = %s::regclass", [table])
        if cursor.fetchone()[0] != "p":
            end = _bound_first(cursor, table, key=key, unit=unit)
            with transaction.atomic(connection.alias):
                _replace(cursor, table, key=key, end=end)


def _bound_first(cursor: Any, table: str, *, key: str, unit: str) -> str:
    """Let no row stand behind the end of the first partition, which is returned.

    Rows of a machine whose clock is far ahead go to `_other`. The constraint spares a scan under a stronger lock.
    """
    cursor.execute(
        "SELECT first_uuid7_at((date_trunc(%s, now() AT TIME ZONE 'UTC') + %s::interval) AT TIME ZONE 'UTC')::text",
        [unit, f"2 {unit}"],
    )
    (end,) = cursor.fetchone()
    other, bound = OTHER.format(table), BOUND.format(table)
    cursor.execute(f"CREATE TABLE IF NOT EXISTS {other} (LIKE {table} INCLUDING ALL)")
    check = f"ADD CONSTRAINT {bound} CHECK ({key} < '{end}') NOT VALID"
    cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {bound}, {check}")
    late = f"DELETE FROM {table} WHERE {key} >= '{end}' RETURNING *"  # noqa: S608
    cursor.execute(f"WITH late AS ({late}) INSERT INTO {other} SELECT * FROM late")  # noqa: S608
    cursor.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {bound}")
    return str(end)


def _replace(cursor: Any, table: str, *, key: str, end: str) -> None:
    first, other, bound = FIRST.format(table), OTHER.format(table), BOUND.format(table)
    cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
    indexes = _rename_indexes(cursor, table, key=key)
    cursor.execute(f"ALTER TABLE {table} RENAME TO {first}")
    columns = f"LIKE {first} INCLUDING ALL EXCLUDING INDEXES"
    cursor.execute(f"CREATE TABLE {table} ({columns}) PARTITION BY RANGE ({key})")
    cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {bound}")
    for index in indexes:
        cursor.execute(index)
    cursor.execute(f"ALTER TABLE {table} ATTACH PARTITION {first} FOR VALUES FROM (MINVALUE) TO ('{end}')")
    cursor.execute(f"ALTER TABLE {first} DROP CONSTRAINT {bound}")
    cursor.execute(f"ALTER TABLE {table} ATTACH PARTITION {other} DEFAULT")
    _copy_grants(cursor, table, source=first)


def _rename_indexes(cursor: Any, table: str, *, key: str) -> list[str]:
    """Free the names of the indexes. Returns the statements that create them for the partitioned table.

    A unique index without the key is left out: PostgreSQL has it for each partition only.
    """
    cursor.execute(
        """
        SELECT index.relname, pg_get_indexdef(index.oid), conname, pg_get_constraintdef(pg_constraint.oid),
            NOT indisunique OR %s = ANY (
                SELECT attname FROM pg_attribute WHERE attrelid = indrelid AND attnum = ANY (indkey::smallint[])
            )
        FROM pg_index JOIN pg_class AS index ON index.oid = indexrelid
        LEFT JOIN pg_constraint ON conindid = indexrelid AND conrelid = indrelid
        WHERE indrelid = %s::regclass ORDER BY indexrelid
        """,
        [key, table],
    )
    definitions = []
    for number, (name, index, constraint, definition, is_possible) in enumerate(cursor.fetchall()):
        cursor.execute(f'ALTER INDEX "{name}" RENAME TO {FIRST.format(table)}_{number}')
        if is_possible:
            definitions.append(
                f'ALTER TABLE {table} ADD CONSTRAINT "{constraint}" {definition}' if constraint else index
            )
    return definitions


def _copy_grants(cursor: Any, table: str, *, source: str) -> None:
    cursor.execute(
        """
        SELECT format('GRANT %%s ON %%I TO %%s', privilege_type, %s::text,
            CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
        FROM pg_class CROSS JOIN aclexplode(relacl) WHERE pg_class.oid = %s::regclass
        """,
        [table, source],
    )
    for (grant,) in cursor.fetchall():
        cursor.execute(grant)
