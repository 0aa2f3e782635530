"""SQL that publishes events, as parts of statements that change what the events tell of, and by itself."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from companies.models import PartnerEvent, PartnerEventType
from config.db.inserts import Insert
from config.db.statements import Statement

# as `config.jobs.defer` would queue it, if an endpoint of this partner and mode is active
_WAKE = """
    INSERT INTO procrastinate_jobs (queue_name, task_name, args)
    SELECT 'webhooks', 'companies.tasks.dispatch_events',
        jsonb_build_object('partner_id', stream.partner_id, 'is_live', stream.is_live)
    FROM {streams}
    WHERE EXISTS (
        SELECT FROM companies_webhookendpoint AS endpoint
        WHERE endpoint.partner_id = stream.partner_id AND endpoint.is_live = stream.is_live
            AND endpoint.paused_at IS NULL AND endpoint.disabled_at IS NULL AND endpoint.deleted_at IS NULL
    )
"""


class Publication:
    """Parts of a WITH that insert an event and wake its dispatch. Parameters are `{alias}_{attribute}`.

    `only_from`: an earlier part of the WITH, which returns a row if the event is to be inserted.
    """

    def __init__(self, alias: str, *, only_from: str = "") -> None:
        self.alias, self._insert = alias, Insert(PartnerEvent, alias)
        inserted = self._insert.only_from(only_from) if only_from else self._insert.sql
        self.sql = f"{alias} AS ({inserted} RETURNING partner_id, is_live)"
        self.wake_sql = f"woken AS ({_WAKE.format(streams=f'{alias} AS stream')})"

    def again(self, alias: str, event_type: PartnerEventType, *, only_from: str) -> str:
        """Write a part that inserts the same event with another type. It has one parameter of its own, `{alias}_id`."""
        own_id, own_type = f"%({self.alias}_id)s", f"%({self.alias}_type)s"
        parameters = self._insert.parameters.replace(own_id, f"%({alias}_id)s").replace(own_type, f"'{event_type}'")
        return f"{alias} AS ({self._insert.into} SELECT {parameters} FROM {only_from})"

    def values(self, event: PartnerEvent) -> dict[str, Any]:
        return self._insert.values(event)


_STREAMS = "unnest(%(partners)s::uuid[], %(modes)s::boolean[]) AS stream (partner_id, is_live)"
_WAKE_ALL = Statement(_WAKE.format(streams=_STREAMS) + "RETURNING id")


def wake_dispatch(streams: Collection[tuple[UUID, bool]]) -> None:
    """Queue the job that sends the events of each partner and mode that has an active endpoint."""
    _WAKE_ALL.rows(partners=[partner for partner, _ in streams], modes=[is_live for _, is_live in streams])


_DROP_DISPATCHES = Statement("""
    DELETE FROM procrastinate_jobs WHERE id IN (
        SELECT id FROM procrastinate_jobs
        WHERE queue_name = 'webhooks' AND status = 'todo' AND task_name = 'companies.tasks.dispatch_events'
            AND args = jsonb_build_object('partner_id', %(partner)s::uuid, 'is_live', %(is_live)s::boolean)
        FOR UPDATE SKIP LOCKED
    ) RETURNING id
""")


def drop_dispatches(partner_id: UUID, is_live: bool) -> None:
    """Delete the waiting jobs of `wake_dispatch` for this stream. Call it before what they would do.

    Their events were committed with them, so a dispatch that begins now finds these.
    """
    _DROP_DISPATCHES.rows(partner=partner_id, is_live=is_live)


_THIS_STREAM = "partner_id = %(partner)s AND is_live = %(is_live)s"
_UNNUMBERED = Statement(f"SELECT EXISTS (SELECT FROM companies_partnerevent WHERE {_THIS_STREAM} AND sequence IS NULL)")
_LOCK = Statement(f"SELECT last_sequence FROM companies_eventstream WHERE {_THIS_STREAM} FOR UPDATE")
_OPEN = Statement("""
    INSERT INTO companies_eventstream (partner_id, is_live) VALUES (%(partner)s, %(is_live)s)
    ON CONFLICT DO NOTHING RETURNING id
""")
_NUMBER = Statement(f"""
    WITH unnumbered AS (
        SELECT id, row_number() OVER (ORDER BY id) AS place FROM companies_partnerevent
        WHERE {_THIS_STREAM} AND sequence IS NULL
    ), numbered AS (
        UPDATE companies_partnerevent SET sequence = %(last)s::bigint + place
        FROM unnumbered WHERE companies_partnerevent.id = unnumbered.id
        RETURNING companies_partnerevent.sequence, companies_partnerevent.id
    )
    UPDATE companies_eventstream SET (last_sequence, last_event_id) = (
        SELECT sequence, id FROM numbered ORDER BY sequence DESC LIMIT 1
    )
    WHERE {_THIS_STREAM} AND EXISTS (SELECT FROM numbered) RETURNING last_sequence
""")


def has_unnumbered(partner_id: UUID, is_live: bool) -> bool:
    found = _UNNUMBERED.row(partner=partner_id, is_live=is_live)
    return bool(found and found[0])


def lock_stream(partner_id: UUID, is_live: bool) -> int:
    """Lock the row of the stream, which is made if needed, and return its last number."""
    stream = {"partner": partner_id, "is_live": is_live}
    locked = _LOCK.row(**stream)
    if locked is None:
        _OPEN.rows(**stream)
        locked = _LOCK.row(**stream)
    assert locked is not None  # noqa: S101 - made above
    last: int = locked[0]
    return last


def number_after(last: int, partner_id: UUID, is_live: bool) -> int:
    """Number the events without a number, and return the last number then."""
    numbered = _NUMBER.row(last=last, partner=partner_id, is_live=is_live)
    return numbered[0] if numbered else last


_REMEMBER_DELETED = Statement("""
    UPDATE companies_eventstream AS stream
    SET deleted_sequence = newest.sequence, deleted_event_id = newest.id
    FROM (
        SELECT DISTINCT ON (partner_id, is_live) partner_id, is_live, sequence, id FROM companies_partnerevent
        WHERE id = ANY (%(ids)s::uuid[]) AND sequence IS NOT NULL ORDER BY partner_id, is_live, sequence DESC
    ) AS newest
    WHERE stream.partner_id = newest.partner_id AND stream.is_live = newest.is_live
        AND newest.sequence > stream.deleted_sequence
    RETURNING stream.id
""")


def remember_deleted(event_ids: Collection[UUID]) -> None:
    """Store the newest of these events in each stream. Call it in the transaction that deletes them."""
    _REMEMBER_DELETED.rows(ids=list(event_ids))


# reads the index once for each type and company, so that a page with a rare type costs no more than others
_PAGE = """
    SELECT page.id FROM {wanted} CROSS JOIN LATERAL (
        SELECT id, sequence FROM companies_partnerevent
        WHERE partner_id = %(partner)s AND is_live = %(is_live)s AND type = wanted.type {companies}
            AND sequence > %(after)s AND sequence <= %(last)s
        ORDER BY sequence LIMIT %(limit)s
    ) AS page
    ORDER BY page.sequence LIMIT %(limit)s
"""
_TYPES = "unnest(%(types)s::varchar[]) AS wanted (type)"
_ALL_PAGE = Statement(_PAGE.format(wanted=_TYPES, companies=""))
_COMPANY_PAGE = Statement(
    _PAGE.format(
        wanted=f"{_TYPES} CROSS JOIN unnest(%(companies)s::uuid[]) AS of (company_id)",
        companies="AND company_id = of.company_id",
    )
)


def feed_page(
    partner_id: UUID, is_live: bool, *, types: Collection[str], companies: Collection[UUID], **place: int
) -> list[UUID]:
    """Return the ids of the next `limit` events behind number `after`, up to `last`. Empty `companies`: all."""
    stream = {"partner": partner_id, "is_live": is_live, "types": list(types), **place}
    rows = _COMPANY_PAGE.rows(**stream, companies=list(companies)) if companies else _ALL_PAGE.rows(**stream)
    return [event_id for (event_id,) in rows]


# `queueing_lock`: one waiting job is enough for all that is due at that moment
_WAKE_LANES = Statement("""
    INSERT INTO procrastinate_jobs (queue_name, task_name, args, priority, queueing_lock, scheduled_at)
    SELECT 'webhooks', 'companies.tasks.send_webhooks', jsonb_build_object('endpoint_id', id),
        CASE WHEN failing_since IS NULL THEN 0 ELSE -10 END,
        concat_ws(' ', 'webhook', id, %(due_at)s::timestamptz), %(due_at)s::timestamptz
    FROM companies_webhookendpoint
    WHERE id = ANY(%(endpoints)s::uuid[])
        AND paused_at IS NULL AND disabled_at IS NULL AND deleted_at IS NULL
    ON CONFLICT DO NOTHING
    RETURNING id
""")


def wake_lanes(endpoint_ids: Collection[UUID], *, due_at: datetime | None = None) -> None:
    """Queue the job that sends to each active endpoint, now or at `due_at`. Failing endpoints go last.

    If such a job waits already, none is queued. It may begin before the current transaction ends, so call this
    afterwards, or after `busy_until` of the endpoint was changed: the job waits for that row.
    """
    if endpoint_ids:
        _WAKE_LANES.rows(endpoints=list(endpoint_ids), due_at=due_at)


# functions of a migration, which run with the rights of the tables' owner
_CREATE_PARTITIONS = Statement("SELECT companies_create_event_partitions()")
_DROP_PARTITIONS = Statement("SELECT companies_drop_event_partitions()")


def create_partitions() -> None:
    _CREATE_PARTITIONS.rows()


def drop_partitions() -> None:
    _DROP_PARTITIONS.rows()
