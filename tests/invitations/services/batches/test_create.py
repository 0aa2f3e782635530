from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from config.exceptions import InvalidField, NotFound
from invitations.exceptions import BatchStarted, NothingToCreate
from invitations.models import Batch, BatchRow, Delivery, Invitation
from invitations.services.batches.create import create_next, delete_old_batches, discard_batch, draft_batch, start_batch
from tests.factories import (
    CompanyFactory,
    DatasourceFactory,
    SiteFactory,
    UserFactory,
)
from tests.invitations.services.batches.drafts import (
    CREATED,
    DUPLICATE,
    MALFORMED,
    READY,
    REFUSED,
    count_rows,
    csv_file,
    draft,
    errors,
    people,
    run,
    statuses,
)


def queued(batch):
    return ProcrastinateJob.objects.filter(task_name="invitations.tasks.create_batch", args={"batch_id": str(batch.pk)})


def aged(batch, days, **fields):
    Batch.objects.filter(pk=batch.pk).update(created_at=timezone.now() - timedelta(days=days, minutes=1), **fields)
    return batch


def test_draft_creates_nothing(company):
    by = UserFactory()
    before = ProcrastinateJob.objects.count()

    batch = draft(company, people(3), by=by, file_name="people.csv", send_email=True)

    assert (batch.state, batch.company, batch.created_by, batch.started_at) == ("DRAFT", company, by, None)
    assert (str(batch), batch.row_count, count_rows(batch)) == ("people.csv", 3, {READY: 3})
    assert not Invitation.objects.exists()
    assert ProcrastinateJob.objects.count() == before


@pytest.mark.parametrize(
    ("content", "terms", "field"),
    [
        (people(1), {"expires_in": timedelta(seconds=59)}, "expires_in_seconds"),
        (people(1), {"max_uses": 0}, "max_uses"),
        (b"wages", {}, "sheet"),
    ],
)
def test_draft_rejects_invalid_terms_and_files(company, content, terms, field):
    with pytest.raises(InvalidField) as error:
        draft(company, content, **terms)

    assert error.value.field == (field,)
    assert not Batch.objects.exists()


def test_draft_query_count_is_constant(company):
    provider, by = DatasourceFactory(), UserFactory()
    SiteFactory(company=company, name="Shop")
    counts = {}
    for rows in (10, 1000):
        lines = (f"person{n}@example.com,{n},{provider.pk},Shop" for n in range(rows))
        content = csv_file("email,externalId,datasourceId,sites", *lines)
        with CaptureQueriesContext(connection) as queries:
            batch = draft_batch(company, by=by, content=content)
        counts[rows] = len(queries)
        assert count_rows(batch) == {READY: rows}

    assert counts == {10: 9, 1000: 9}


def test_start_queues_one_job(company):
    by = UserFactory()
    batch = draft(company, people(3))

    started = start_batch(batch, by=by)
    again = start_batch(batch, by=UserFactory())

    assert (started.state, started.started_by, again.started_by) == ("RUNNING", by, by)
    assert queued(batch).count() == 1
    assert not Invitation.objects.exists()


def test_start_requires_a_ready_row(company):
    batch = draft(company, "email", "nonsense")

    with pytest.raises(NothingToCreate):
        start_batch(batch, by=UserFactory())

    assert not queued(batch).exists()


def test_create_next_ignores_drafts(company):
    batch = draft(company, people(3))

    assert create_next(batch.pk) is False
    assert statuses(batch) == [READY] * 3


def test_ready_rows_become_invitations(company):
    by = UserFactory()

    batch = run(company, "email", "anna@example.com", "nonsense", "anna@example.com", "bert@example.com", by=by)

    assert statuses(batch) == [CREATED, MALFORMED, DUPLICATE, CREATED]
    assert (batch.state, batch.finished_at is not None) == ("DONE", True)
    made = list(Invitation.objects.order_by("pk"))
    assert [invitation.allowed_emails for invitation in made] == [["anna@example.com"], ["bert@example.com"]]
    assert [row.invitation for row in batch.rows.order_by("number")] == [made[0], None, None, made[1]]
    for invitation in made:
        assert [(event.type, event.actor, event.user) for event in invitation.events.all()] == [
            ("CREATED", "STAFF", by)
        ]


def test_terms_of_batch_are_the_default(company):
    run(company, people(1), message="Hello", max_uses=3, expires_in=timedelta(days=7))

    invitation = Invitation.objects.get()
    assert (invitation.message, invitation.max_uses, invitation.send_email) == ("Hello", 3, False)
    assert invitation.expires_at - invitation.created_at == timedelta(days=7)
    assert (invitation.external_id, invitation.prefill, invitation.locale) == (None, {}, company.locale)


def test_terms_of_row_override_the_batch(company):
    provider, site = DatasourceFactory(), SiteFactory(company=company, name="Shop")
    company.partner.redirect_urls = ["https://northwind.example/thanks"]
    company.partner.save()

    run(
        company,
        "email,externalId,message,maxUses,expiresInDays,locale,redirectUrl,datasourceId,sites",
        f"a@example.com,7,Dear Anna,5,30,de-AT,https://northwind.example/thanks,{provider.pk},shop",
        message="Hello",
        max_uses=1,
        expires_in=timedelta(days=7),
    )

    invitation = Invitation.objects.get()
    assert (invitation.external_id, invitation.message, invitation.max_uses) == ("7", "Dear Anna", 5)
    assert invitation.expires_at - invitation.created_at == timedelta(days=30)
    assert (invitation.locale, invitation.redirect_url) == ("de-AT", "https://northwind.example/thanks")
    assert invitation.prefill == {"datasourceId": str(provider.pk), "initialSites": [str(site.pk)]}


def test_row_may_lift_limits_of_batch(company):
    run(
        company,
        "email,maxUses,expiresInDays",
        "a@example.com,Unlimited,never",
        max_uses=1,
        expires_in=timedelta(days=7),
    )

    invitation = Invitation.objects.get()
    assert (invitation.max_uses, invitation.expires_at) == (None, None)


def test_mails_are_queued_if_batch_sends(company):
    run(company, people(2))
    assert not Delivery.objects.exists()

    run(company, people(2, start=2), send_email=True)
    assert set(Delivery.objects.values_list("email", "status")) == {
        ("person2@example.com", "QUEUED"),
        ("person3@example.com", "QUEUED"),
    }


def test_refused_row_does_not_stop_others(company):
    provider = DatasourceFactory()
    batch = draft(company, "email,datasourceId", f"a@example.com,{provider.pk}", "b@example.com,")
    provider.delete()
    start_batch(batch, by=UserFactory())

    assert create_next(batch.pk) is True

    assert statuses(batch) == [REFUSED, CREATED]
    assert errors(batch)[0] == "There is no such provider in the catalogue."
    assert Invitation.objects.get().allowed_emails == ["b@example.com"]


def test_create_next_takes_100_rows(company):
    batch = start_batch(draft(company, people(250)), by=UserFactory())

    progress = []
    while create_next(batch.pk):
        progress.append(count_rows(batch))

    assert progress == [{CREATED: 100, READY: 150}, {CREATED: 200, READY: 50}, {CREATED: 250}]
    assert Batch.objects.get(pk=batch.pk).state == "DONE"
    assert create_next(batch.pk) is False


def test_discarded_draft_cannot_be_started(company):
    batch = draft(company, people(2))

    discard_batch(batch)
    discard_batch(batch)

    assert not BatchRow.objects.exists()
    with pytest.raises(NotFound):
        start_batch(batch, by=UserFactory())


def test_started_batch_cannot_be_discarded(company):
    batch = start_batch(draft(company, people(2)), by=UserFactory())

    with pytest.raises(BatchStarted):
        discard_batch(batch)

    assert batch.rows.count() == 2


def test_old_batches_are_deleted(company):
    long_ago = timezone.now() - timedelta(days=90, minutes=1)
    new, old = draft(company, people(2)), aged(draft(company, people(2)), 1)
    running = aged(start_batch(draft(company, people(2)), by=UserFactory()), 200)
    done = aged(run(CompanyFactory(), people(2)), 89)
    over = aged(run(CompanyFactory(), people(2)), 91, started_at=long_ago, finished_at=long_ago)

    assert delete_old_batches() == 2

    assert set(Batch.objects.all()) == {new, running, done}
    assert not BatchRow.objects.filter(batch__in=[old.pk, over.pk]).exists()
    assert Invitation.objects.count() == 4


def test_create_next_query_count_is_constant(company):
    asked = {}
    for rows in (10, 100):
        batch = start_batch(draft(company, people(rows, start=rows)), by=UserFactory())
        with CaptureQueriesContext(connection) as queries:
            create_next(batch.pk)
        asked[rows] = len(queries)

    assert asked == {10: 16, 100: 16}
