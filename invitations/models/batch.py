"""Batches: files of people to invite, with a status for each row."""

from datetime import timedelta
from typing import ClassVar, Self

from django.contrib.postgres.indexes import HashIndex
from django.db import models
from django.db.models import Count, Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from companies.models import Company, User
from invitations.models.invitation import MAX_MAX_USES, MAX_MESSAGE_LENGTH, Invitation

MAX_BATCH_ROWS = 5000
DRAFTS_KEPT = timedelta(days=1)
RESULTS_KEPT = timedelta(days=90)


class BatchState(models.TextChoices):
    DRAFT = "DRAFT", "Not created yet"
    RUNNING = "RUNNING", "Being created"
    DONE = "DONE", "Done"


class Batch(models.Model):
    """A file of people to invite for one company, on terms that a row may override.

    A batch is a draft until it is started. Then a worker creates the ready rows. `notices`: sentences about the whole
    file, one on each line.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="batches")
    file_name = models.CharField("file", max_length=255, blank=True)
    notices = models.TextField(blank=True, default="", db_default="", editable=False)
    row_count = models.PositiveIntegerField("rows", default=0)
    message = models.CharField(max_length=MAX_MESSAGE_LENGTH, null=True, blank=True)
    expires_in = models.DurationField(null=True, blank=True)
    max_uses = models.PositiveIntegerField(null=True, blank=True)
    send_email = models.BooleanField(default=False)
    # only if it is mailed
    sends_reminders = models.BooleanField(default=True, db_default=True)
    allows_forwarding = models.BooleanField(default=False, db_default=False)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name="by")
    started_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField("created", default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "bulk invitation"
        default_permissions = ()  # the permission to add invitations covers batches
        constraints = [
            models.CheckConstraint(condition=Q(row_count__lte=MAX_BATCH_ROWS), name="batch_rows"),
            models.CheckConstraint(
                condition=Q(max_uses=None) | Q(max_uses__gte=1, max_uses__lte=MAX_MAX_USES), name="batch_max_uses"
            ),
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(started_at__isnull=False), name="batch_starts_before_it_finishes"
            ),
        ]

    def __str__(self) -> str:
        return self.file_name or "Pasted addresses"

    @property
    def state(self) -> BatchState:
        if self.started_at is None:
            return BatchState.DRAFT
        return BatchState.RUNNING if self.finished_at is None else BatchState.DONE

    def count_by_status(self) -> "dict[RowStatus, int]":
        """Count the rows by status with one query. Every status is a key."""
        counted = dict(self.rows.order_by().values_list("status").annotate(Count("pk")))
        return {status: counted.get(status.value, 0) for status in RowStatus}


class RowStatus(models.TextChoices):
    READY = "READY", "Ready"
    CREATED = "CREATED", "Created"
    MALFORMED = "MALFORMED", "Has a mistake"
    DUPLICATE = "DUPLICATE", "Duplicate in file"
    INVITED = "INVITED", "Invited before"
    REFUSED = "REFUSED", "Could not be created"


class BatchRowQuerySet(models.QuerySet["BatchRow"]):
    def ready(self) -> Self:
        return self.filter(status=RowStatus.READY).order_by("number")


class BatchRow(models.Model):
    """A row of the file.

    `number` is its number in a spreadsheet and `given` its cells. `terms` are the arguments of `create_invitation` that
    differ from the batch, as JSON. Rows with the same address and terms share a `digest`. `invitation` was created for
    the row, or is the earlier one that made it superfluous.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="rows", db_index=False)
    number = models.PositiveIntegerField()
    given = models.JSONField(default=dict)
    email = models.CharField(max_length=254, blank=True)
    external_id = models.CharField(max_length=255, null=True)
    terms = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=20, choices=RowStatus, default=RowStatus.READY)
    error = models.TextField(blank=True)
    invitation = models.ForeignKey(Invitation, null=True, on_delete=models.SET_NULL, related_name="batch_rows")

    objects: ClassVar[BatchRowQuerySet] = BatchRowQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index("batch", "status", "number", name="batch_row_status"),
            HashIndex(fields=["digest"], condition=Q(status=RowStatus.CREATED), name="batch_row_digest"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="one_batch_row_per_number"),
            models.UniqueConstraint(
                fields=["invitation"], condition=Q(status=RowStatus.CREATED), name="one_batch_row_per_invitation"
            ),
            models.CheckConstraint(condition=Q(status__in=RowStatus.values), name="batch_row_status_known"),
        ]

    def __str__(self) -> str:
        return f"Row {self.number}"

    @property
    def shown_email(self) -> str:
        return self.email or str(self.given.get("email", ""))
