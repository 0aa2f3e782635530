"""Figures of the database as a whole."""

from config.db.statements import Statement

# A job without a time has been due since its event `deferred`; of these, the one with the smallest id is the oldest.
# Jobs of a low priority, such as the mails of a batch, may wait for long.
QUEUES = Statement("""
    SELECT counted.queue_name, waiting, due, running, failed, stuck,
        coalesce(extract(epoch FROM now() - least(oldest_scheduled, deferred.at)), 0)::float
    FROM (
        SELECT queue_name,
            count(*) FILTER (WHERE status = 'todo') AS waiting,
            count(*) FILTER (WHERE status = 'todo' AND coalesce(scheduled_at <= now(), true)) AS due,
            count(*) FILTER (WHERE status = 'doing') AS running,
            count(*) FILTER (WHERE status = 'failed') AS failed,
            count(*) FILTER (WHERE status = 'doing' AND worker.id IS NULL) AS stuck,
            min(scheduled_at) FILTER (WHERE status = 'todo' AND scheduled_at <= now() AND priority >= 0)
                AS oldest_scheduled,
            min(job.id) FILTER (WHERE status = 'todo' AND scheduled_at IS NULL AND priority >= 0) AS oldest_id
        FROM (
            -- apart, because each has an index of its own: most rows are jobs that are done
            SELECT * FROM procrastinate_jobs WHERE status IN ('todo', 'doing')
            UNION ALL
            SELECT * FROM procrastinate_jobs WHERE status = 'failed'
        ) AS job
        LEFT JOIN procrastinate_workers AS worker
            ON worker.id = job.worker_id AND worker.last_heartbeat > now() - %(silence)s::interval
        GROUP BY queue_name
    ) AS counted
    LEFT JOIN LATERAL (
        SELECT min(at) AS at FROM procrastinate_events WHERE job_id = oldest_id AND type = 'deferred'
    ) AS deferred ON true
    ORDER BY counted.queue_name
""")
# `pg_locks` also has waits for rows, which name no database. Everyone may read both views, without privileges.
LOCK_WAITS = Statement("""
    SELECT count(DISTINCT pid), coalesce(extract(epoch FROM max(clock_timestamp() - waitstart)), 0)::float
    FROM pg_locks
    WHERE NOT granted AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())
""")
WORKERS = Statement("""
    SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - %(silence)s::interval
""")
# the first 48 bits of a UUIDv7 are milliseconds
PARTITIONS = Statement(r"""
    SELECT parent, coalesce(extract(epoch FROM to_timestamp(milliseconds / 1000.0) - now()), 0)::float, other_bytes
    FROM (
        SELECT partrelid::regclass::text AS parent,
            ('x0000' || left(replace(max(substring(bound FROM 'TO \(''([^'']+)')), '-', ''), 12))::bit(64)::bigint
                AS milliseconds,
            coalesce(sum(pg_relation_size(child.oid)) FILTER (WHERE bound = 'DEFAULT'), 0)::bigint AS other_bytes
        FROM pg_partitioned_table
        JOIN pg_inherits ON inhparent = partrelid
        JOIN pg_class AS child ON child.oid = inhrelid
        CROSS JOIN pg_get_expr(child.relpartbound, child.oid) AS bound
        GROUP BY partrelid
    ) AS divided
    ORDER BY parent
""")
ROLE = Statement("""
    SELECT rolname::text, rolsuper, EXISTS (
        SELECT FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relowner = role.oid
    )
    FROM pg_roles AS role WHERE rolname = current_user
""")
CLOCK = Statement("SELECT clock_timestamp()")
CONNECTIONS = Statement("""
    SELECT count(*),
        current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
    FROM pg_stat_activity WHERE backend_type = 'client backend'
""")
OLDEST_TRANSACTION = Statement("""
    SELECT coalesce(extract(epoch FROM max(now() - xact_start)), 0)::float
    FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
""")
_IN_TROUBLE = """(job.status = 'failed' OR job.status = 'doing' AND NOT EXISTS (
    SELECT FROM procrastinate_workers AS worker
    WHERE worker.id = job.worker_id AND worker.last_heartbeat > now() - %(silence)s::interval
))"""
TROUBLED_JOBS = Statement(f"""
    SELECT job.id, queue_name, task_name, attempts, status = 'doing', (
        SELECT max(at) FROM procrastinate_events WHERE job_id = job.id AND type IN ('started', 'failed')
    )
    FROM procrastinate_jobs AS job WHERE status IN ('doing', 'failed') AND {_IN_TROUBLE}
    ORDER BY job.id DESC LIMIT %(limit)s
""")
# of two at once, the second finds another status
RETRY_JOB = Statement(f"""
    UPDATE procrastinate_jobs AS job SET status = 'todo', attempts = 0, scheduled_at = NULL, worker_id = NULL
    WHERE id = %(job)s AND {_IN_TROUBLE} RETURNING task_name
""")
DROP_JOB = Statement(f"DELETE FROM procrastinate_jobs AS job WHERE id = %(job)s AND {_IN_TROUBLE} RETURNING task_name")
LARGEST_TABLES = Statement("""
    SELECT relname::text, pg_total_relation_size(oid) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    ORDER BY pg_total_relation_size(oid) DESC LIMIT 10
""")
