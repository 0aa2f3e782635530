"""Batches for tests: drafted, or created to the last row."""

from collections import Counter

from invitations.models import Batch, RowStatus
from invitations.services.batches.create import create_next, draft_batch, start_batch
from tests.factories import UserFactory

READY, CREATED, MALFORMED = RowStatus.READY, RowStatus.CREATED, RowStatus.MALFORMED
DUPLICATE, INVITED, REFUSED = RowStatus.DUPLICATE, RowStatus.INVITED, RowStatus.REFUSED


def csv_file(*lines):
    return "\n".join(lines).encode()


def people(number, start=0):
    """A column of addresses."""
    return csv_file("email", *(f"person{index}@example.com" for index in range(start, start + number)))


def draft(company, *lines, by=None, **terms):
    content = lines[0] if lines and isinstance(lines[0], bytes) else csv_file(*lines)
    return draft_batch(company, by=by or UserFactory(), content=content, **terms)


def run(company, *lines, by=None, **terms):
    batch = start_batch(draft(company, *lines, **terms), by=by or UserFactory())
    while create_next(batch.pk):
        pass
    return Batch.objects.get(pk=batch.pk)


def statuses(batch):
    return [row.status for row in batch.rows.order_by("number")]


def errors(batch):
    return [row.error for row in batch.rows.order_by("number")]


def count_rows(batch):
    return +Counter(batch.count_by_status())
