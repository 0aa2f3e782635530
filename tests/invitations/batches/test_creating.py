"""NullMeansOmitted: each ready row once, through the same service as a single invitation."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from config.exceptions import NotFound
from invitations.exceptions import BatchStarted, NothingToCreate
from invitations.models import Batch, BatchRow, Delivery, Invitation
from invitations.services.batches.create import create_next, delete_old_batches, discard_batch, draft_batch, start_batch
from tests.factories import (
    CompanyFactory,
    DatasourceFactory,
    SiteFactory,
    UserFactory,
)
from tests.invitations.batches.sheets import (
    CREATED,
    DUPLICATE,
    MALFORMED,
    READY,
    REFUSED,
    counted,
    draft,
    errors,
    people,
    run,
    verdicts,
)


def queued(batch):
    return ProcrastinateJob.objects.filter(task_name="invitations.tasks.create_batch", args={"batch_id": str(batch.pk)})


def aged(batch, days, **fields):
    Batch.objects.filter(pk=batch.pk).update(created_at=timezone.now() - timedelta(days=days, minutes=1), **fields)
    return batch


def test_starting_queues_one_job_and_creates_nothing_itself(company):
    by = UserFactory()
    batch = draft(company, people(3))

    started = start_batch(batch, by=by)
    again = start_batch(batch, by=UserFactory())

    assert (started.state, started.started_by, again.started_by) == ("RUNNING", by, by)
    assert queued(batch).count() == 1
    assert not Invitation.objects.exists()


def test_a_batch_without_a_ready_row_is_not_started(company):
    batch = draft(company, "email", "nonsense")

    with pytest.raises(NothingToCreate):
        start_batch(batch, by=UserFactory())

    assert not queued(batch).exists()


def test_a_draft_creates_nothing(company):
    batch = draft(company, people(3))

    assert create_next(batch.pk) is False
    assert verdicts(batch) == [READY] * 3


def test_each_ready_row_becomes_an_invitation_of_the_member_of_staff_who_started(company):
    by = UserFactory()

    batch = run(company, "email", "anna@example.com", "nonsense", "anna@example.com", "bert@example.com", by=by)

    assert verdicts(batch) == [CREATED, MALFORMED, DUPLICATE, CREATED]
    assert (batch.state, batch.finished_at is not None) == ("DONE", True)
    made = list(Invitation.objects.order_by("pk"))
    assert [invitation.allowed_emails for invitation in made] == [["anna@example.com"], ["bert@example.com"]]
    assert [row.invitation for row in batch.rows.order_by("number")] == [made[0], None, None, made[1]]
    for invitation in made:
        assert [(event.type, event.actor, event.user) for event in invitation.events.all()] == [
            ("CREATED", "STAFF", by)
        ]


def test_a_row_without_terms_of_its_own_has_the_batchs(company):
    run(company, people(1), message="Hello", max_uses=3, expires_in=timedelta(days=7))

    invitation = Invitation.objects.get()
    assert (invitation.message, invitation.max_uses, invitation.send_email) == ("Hello", 3, False)
    assert invitation.expires_at - invitation.created_at == timedelta(days=7)
    assert (invitation.external_id, invitation.prefill, invitation.locale) == (None, {}, company.locale)


def test_a_row_has_the_last_word_on_its_terms(company):
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


def test_a_row_may_lift_the_limits_of_the_batch(company):
    run(
        company,
        "email,maxUses,expiresInDays",
        "a@example.com,Unlimited,never",
        max_uses=1,
        expires_in=timedelta(days=7),
    )

    invitation = Invitation.objects.get()
    assert (invitation.max_uses, invitation.expires_at) == (None, None)


def test_mails_are_queued_when_the_batch_sends_and_not_otherwise(company):
    run(company, people(2))
    assert not Delivery.objects.exists()

    run(company, people(2, start=2), send_email=True)
    assert set(Delivery.objects.values_list("email", "status")) == {
        ("person2@example.com", "QUEUED"),
        ("person3@example.com", "QUEUED"),
    }


def test_what_holds_no_more_is_refused_and_keeps_no_other_row_back(company):
    provider = DatasourceFactory()
    batch = draft(company, "email,datasourceId", f"a@example.com,{provider.pk}", "b@example.com,")
    provider.delete()
    start_batch(batch, by=UserFactory())

    assert create_next(batch.pk) is True

    assert verdicts(batch) == [REFUSED, CREATED]
    assert errors(batch)[0] == "There is no such provider in the catalogue."
    assert Invitation.objects.get().allowed_emails == ["b@example.com"]


def test_a_hundred_rows_at_a_time_are_created_until_all_are(company):
    batch = start_batch(draft(company, people(250)), by=UserFactory())

    progress = []
    while create_next(batch.pk):
        progress.append(counted(batch))

    assert progress == [{CREATED: 100, READY: 150}, {CREATED: 200, READY: 50}, {CREATED: 250}]
    assert Batch.objects.get(pk=batch.pk).state == "DONE"
    assert create_next(batch.pk) is False


def test_a_batch_makes_the_invitations_it_was_drafted_for_and_of_no_other_company(company):
    batch = run(company, people(2))

    assert set(Invitation.objects.values_list("company", flat=True)) == {company.pk}
    assert batch.rows.filter(invitation__company=company).count() == 2


def test_a_draft_is_discarded_once_and_cannot_be_started_then(company):
    batch = draft(company, people(2))

    discard_batch(batch)
    discard_batch(batch)

    assert not BatchRow.objects.exists()
    with pytest.raises(NotFound):
        start_batch(batch, by=UserFactory())


def test_what_was_started_is_not_discarded(company):
    batch = start_batch(draft(company, people(2)), by=UserFactory())

    with pytest.raises(BatchStarted):
        discard_batch(batch)

    assert batch.rows.count() == 2


def test_drafts_are_forgotten_after_a_day_and_results_after_ninety(company):
    long_ago = timezone.now() - timedelta(days=90, minutes=1)
    new, old = draft(company, people(2)), aged(draft(company, people(2)), 1)
    running = aged(start_batch(draft(company, people(2)), by=UserFactory()), 200)
    done = aged(run(CompanyFactory(), people(2)), 89)
    over = aged(run(CompanyFactory(), people(2)), 91, started_at=long_ago, finished_at=long_ago)

    assert delete_old_batches() == 2

    assert set(Batch.objects.all()) == {new, running, done}
    assert not BatchRow.objects.filter(batch__in=[old.pk, over.pk]).exists()
    assert Invitation.objects.count() == 4


@pytest.mark.parametrize("rows", [10, 100])
def test_comparing_anew_costs_the_same_for_ten_rows_and_for_a_hundred(company, rows):
    batch = start_batch(draft_batch(company, by=UserFactory(), content=people(rows)), by=UserFactory())

    with CaptureQueriesContext(connection) as queries:
        create_next(batch.pk)

    # four for each invitation: a savepoint, the invitation, its event, and the end of the savepoint
    assert len(queries) - 4 * rows == 9, [query["sql"][:90] for query in queries]
