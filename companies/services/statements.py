"""SQL of counters that many requests share."""

from config.db.statements import Statement

# Leases of one quota are granted one after the other: the row is locked while it is updated. A lease is at most a
# twentieth of the rest, so that processes which use theirs up slowly leave most to the others.
LEASE = Statement(
    """
    INSERT INTO companies_requestquota AS kept (api_key_id, kind, ends_at, granted, lease)
    VALUES (%(api_key)s::uuid, %(kind)s::varchar, statement_timestamp() + %(minute)s::interval,
            %(wanted)s::integer, %(wanted)s::integer)
    ON CONFLICT (api_key_id, kind) DO UPDATE SET (ends_at, granted, lease) = (
        SELECT ends_at, granted + lease, lease
        FROM (
            SELECT CASE WHEN is_open THEN kept.ends_at ELSE statement_timestamp() + %(minute)s::interval END AS ends_at,
                   CASE WHEN is_open THEN kept.granted ELSE 0 END AS granted
            FROM (
                -- a clock that was set back must not keep a quota open for hours
                SELECT kept.ends_at > statement_timestamp()
                       AND kept.ends_at < statement_timestamp() + 2 * %(minute)s::interval AS is_open
            ) AS quota
        ) AS counted,
        LATERAL (SELECT greatest(%(limit)s::integer - granted, 0) AS rest) AS remaining,
        LATERAL (SELECT least(rest, greatest(1, least(%(wanted)s::integer, rest / 20))) AS lease) AS next_lease
    )
    RETURNING lease, greatest(%(limit)s::integer - granted, 0),
              extract(epoch FROM ends_at - statement_timestamp())::float
    """
)

RECORD_USE = Statement(
    """
    WITH used AS (
        UPDATE companies_apikey SET last_used_at = %(now)s::timestamptz
        WHERE id = %(api_key)s::uuid AND (last_used_at IS NULL OR last_used_at < %(stale)s::timestamptz)
    ), today AS (
        SELECT count(*) AS networks, coalesce(bool_or(network = %(network)s::varchar), false) AS is_known
        FROM companies_apikeyuse WHERE api_key_id = %(api_key)s::uuid AND day = %(day)s::date
    )
    INSERT INTO companies_apikeyuse AS kept (api_key_id, day, network, first_at, last_at)
    SELECT %(api_key)s::uuid, %(day)s::date, %(network)s::varchar, %(now)s::timestamptz, %(now)s::timestamptz
    FROM today WHERE is_known OR networks < %(most)s::bigint
    ON CONFLICT (api_key_id, day, network) DO UPDATE SET last_at = greatest(kept.last_at, excluded.last_at)
    RETURNING id
    """
)

RECORD_WRITE = Statement(
    """
    INSERT INTO companies_apikeywrite AS kept (api_key_id, position)
    VALUES (%(api_key)s::uuid, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint)
    ON CONFLICT (api_key_id) DO UPDATE SET position = greatest(kept.position, excluded.position)
    RETURNING position
    """
)
LAST_WRITE = Statement("SELECT position FROM companies_apikeywrite WHERE api_key_id = %(api_key)s::uuid")
