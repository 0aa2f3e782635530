"""Many invitations in one go: a draft that creates nothing, then row after row in the background, each once."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from companies.actors import Actor, ActorKind
from companies.models import Company, User
from config.exceptions import DomainError, NotFound
from config.jobs import defer
from invitations.exceptions import BatchStarted, NothingToCreate
from invitations.models import DRAFTS_KEPT, RESULTS_KEPT, Batch, BatchRow, RowStatus
from invitations.services.batches.csv_reader import read_csv
from invitations.services.batches.duplicates import mark_invited, mark_repeated
from invitations.services.batches.rows import COLUMNS, read_rows, terms_of
from invitations.services.invitations import create_invitation
from invitations.services.terms import check_terms

ROWS_AT_ONCE = 100


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
) -> Batch:
    """A status for each row of a CSV file or of pasted addresses; no invitation is created, and no mail sent.

    The terms are those of rows that name none of their own. A row is ready, malformed, a duplicate of an earlier row,
    or invited before. Refuses a file that is none as a whole (see `read_csv`), naming the field `sheet`, and terms
    that `create_invitation` refuses.
    """
    check_terms(company, message=message, expires_in=expires_in, max_uses=max_uses)
    lines = read_csv(content, columns=COLUMNS)
    batch = Batch.objects.create(
        company=company,
        file_name=file_name[:255],
        row_count=len(lines),
        message=message or None,
        expires_in=expires_in,
        max_uses=max_uses,
        send_email=send_email,
        created_by=by,
    )
    rows = read_rows(batch, lines)
    mark_repeated(rows)
    mark_invited(company, rows)
    BatchRow.objects.bulk_create(rows)
    return batch


@transaction.atomic
def start_batch(batch: Batch, *, by: User) -> Batch:
    """Have a worker create what is ready; returns at once. Started before: nothing changes, and nothing is queued.

    Refuses a batch without a ready row, and one that has been discarded.
    """
    locked = _locked(batch)
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
    """Create the invitations of the next hundred rows; returns whether to call again.

    Each row is created once, whoever calls, and how often: a worker that was killed left the rows of this call ready.
    Batches of one company take turns, and each row is compared anew with what has been created in the meantime.
    """
    batch = Batch.objects.filter(pk=batch_id, started_at__isnull=False, finished_at=None).first()
    if batch is None:
        return False
    batch.company = Company.objects.select_for_update(no_key=True).get(pk=batch.company_id)
    rows = list(batch.rows.ready().select_for_update()[:ROWS_AT_ONCE])
    if not rows:
        Batch.objects.filter(pk=batch.pk, finished_at=None).update(finished_at=timezone.now())
        return False
    mark_invited(batch.company, rows)
    by = Actor(ActorKind.STAFF, user=batch.started_by)
    for row in rows:
        if row.status == RowStatus.READY:
            _create(batch, row, by)
    BatchRow.objects.bulk_update(rows, ["status", "error", "invitation"])
    return True


def _create(batch: Batch, row: BatchRow, by: Actor) -> None:
    try:
        prefill, terms = terms_of(batch, row)
        row.invitation = create_invitation(batch.company, by=by, prefill=prefill, is_in_batch=True, **terms)
    except DomainError as refusal:  # what held when the file was read holds no more
        row.status, row.error = RowStatus.REFUSED, refusal.detail
    else:
        row.status, row.error = RowStatus.CREATED, ""


@transaction.atomic
def discard_batch(batch: Batch) -> None:
    """Forget a draft and its rows. Refuses a batch that was started; discarded before, nothing happens."""
    try:
        locked = _locked(batch)
    except NotFound:
        return
    if locked.started_at:
        raise BatchStarted
    locked.delete()


@transaction.atomic
def delete_old_batches() -> int:
    """Delete drafts after a day and results after 90 days, for they hold addresses; returns how many.

    The invitations stay.
    """
    now = timezone.now()
    drafts = Batch.objects.filter(started_at=None, created_at__lt=now - DRAFTS_KEPT)
    results = Batch.objects.filter(finished_at__lt=now - RESULTS_KEPT)
    # locked first: a draft that is started at this moment is none
    old = [pk for each in (drafts, results) for pk in each.select_for_update().values_list("pk", flat=True)]
    Batch.objects.filter(pk__in=old).delete()
    return len(old)


def _locked(batch: Batch) -> Batch:
    locked = Batch.objects.select_for_update().filter(pk=batch.pk).first()
    if locked is None:
        raise NotFound("This batch has been discarded.")
    return locked
