"""Draft, start and create batches of invitations. Each row is created once, in the background."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from companies.actors import Actor
from companies.models import ActorKind, Company, User
from config.exceptions import DomainError, NotFound
from config.jobs import defer
from invitations.exceptions import BatchStarted, NothingToCreate
from invitations.models import DRAFTS_KEPT, RESULTS_KEPT, Batch, BatchRow, RowStatus
from invitations.services.batches.csv_reader import read_csv
from invitations.services.batches.duplicates import mark_duplicates, mark_invited
from invitations.services.batches.rows import COLUMNS, build_rows, terms_of
from invitations.services.bulk import create_invitations
from invitations.services.open_invitations import lock_comparisons
from invitations.services.references import References
from invitations.services.terms import check_terms

ROWS_PER_CALL = 100


@transaction.atomic
def draft_batch(
    company: Company,
    *,
    by: User,
    content: bytes,
    file_name: str = "",
    message: str | None = None,
    expires_in: timedelta | None = None,
    max_uses: int | None = None,
    send_email: bool = False,
    sends_reminders: bool = True,
    allows_forwarding: bool = False,
) -> Batch:
    """Check every row of a CSV file or of pasted addresses. Creates no invitation and sends no mail.

    The terms apply to rows without terms of their own. Raises `InvalidField` for terms that `create_invitation` rejects
    and, on the field `sheet`, for content that `read_csv` rejects.
    """
    check_terms(company, message=message, expires_in=expires_in, max_uses=max_uses)
    csv_rows, notices = read_csv(content, columns=COLUMNS)
    batch = Batch(
        company=company,
        file_name=file_name[:255],
        row_count=len(csv_rows),
        message=message or None,
        expires_in=expires_in,
        max_uses=max_uses,
        send_email=send_email,
        sends_reminders=sends_reminders,
        allows_forwarding=allows_forwarding,
        created_by=by,
    )
    rows, advice = build_rows(batch, csv_rows)
    batch.notices = "\n".join([*notices, *advice])
    batch.save(force_insert=True)
    mark_duplicates(rows)
    mark_invited(company, rows)
    BatchRow.objects.bulk_create(rows)
    return batch


@transaction.atomic
def start_batch(batch: Batch, *, by: User) -> Batch:
    """Queue the job that creates the ready rows. A batch that was started before is returned unchanged.

    Raises `NothingToCreate` without a ready row, and `NotFound` if the batch was discarded.
    """
    locked = _lock(batch)
    if locked.started_at:
        return locked
    if not locked.rows.ready().exists():
        raise NothingToCreate
    locked.started_at, locked.started_by = timezone.now(), by
    locked.save(update_fields=["started_at", "started_by"])
    defer("invitations.tasks.create_batch", {"batch_id": str(locked.pk)})
    return locked


@transaction.atomic
def create_next(batch_id: UUID) -> bool:
    """Create the invitations of the next 100 ready rows. Returns whether to call again.

    A call is one transaction: if the worker is killed, its rows stay ready. The lock on the company makes its batches
    take turns, and each row is compared again with the invitations created meanwhile, also by the API.
    """
    batch = Batch.objects.filter(pk=batch_id, started_at__isnull=False, finished_at=None).first()
    if batch is None:
        return False
    batch.company = Company.objects.select_for_update(no_key=True).get(pk=batch.company_id)
    rows = list(batch.rows.ready().select_for_update()[:ROWS_PER_CALL])
    if not rows:
        Batch.objects.filter(pk=batch.pk, finished_at=None).update(finished_at=timezone.now())
        return False
    lock_comparisons(batch.company)
    mark_invited(batch.company, rows)
    by = Actor(ActorKind.STAFF, user=batch.started_by)
    _create(batch, [row for row in rows if row.status == RowStatus.READY], by)
    BatchRow.objects.bulk_update(rows, ["status", "error", "invitation"])
    return True


def _create(batch: Batch, rows: Sequence[BatchRow], by: Actor) -> None:
    wanted = [terms_of(batch, row) for row in rows]
    references = References.of(batch.company, (each.prefill for each in wanted if each.prefill))
    outcomes = create_invitations(batch.company, wanted, by=by, references=references)
    for row, outcome in zip(rows, outcomes, strict=True):
        if isinstance(outcome, DomainError):  # the row was valid when the file was read
            row.status, row.error = RowStatus.REFUSED, outcome.detail
        else:
            row.status, row.error, row.invitation = RowStatus.CREATED, "", outcome


@transaction.atomic
def discard_batch(batch: Batch) -> None:
    """Delete a draft and its rows; a second call does nothing. Raises `BatchStarted` if it was started."""
    try:
        locked = _lock(batch)
    except NotFound:
        return
    if locked.started_at:
        raise BatchStarted
    locked.delete()


@transaction.atomic
def delete_old_batches() -> int:
    """Delete drafts after a day and finished batches after 90 days, because they hold addresses. Returns how many."""
    now = timezone.now()
    drafts = Batch.objects.filter(started_at=None, created_at__lt=now - DRAFTS_KEPT)
    results = Batch.objects.filter(finished_at__lt=now - RESULTS_KEPT)
    # locked first: a draft that is being started must stay
    old = [pk for each in (drafts, results) for pk in each.select_for_update().values_list("pk", flat=True)]
    Batch.objects.filter(pk__in=old).delete()
    return len(old)


def _lock(batch: Batch) -> Batch:
    locked = Batch.objects.select_for_update().filter(pk=batch.pk).first()
    if locked is None:
        raise NotFound(_("This bulk invitation was discarded."))
    return locked
