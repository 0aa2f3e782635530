import pytest
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from companies.actors import SYSTEM
from companies.models import PartnerEvent, PartnerEventType
from companies.services.webhooks.publish import new_partner_event, old_values, publish
from invitations.services.invitations import rotate_invitation
from tests.factories import CompanyFactory, make_endpoint, make_invitation

pytestmark = pytest.mark.django_db


def woken():
    """Partner and mode of each job that was queued, oldest first."""
    jobs = ProcrastinateJob.objects.filter(task_name="companies.tasks.dispatch_events").order_by("pk")
    return [(job.args["partner_id"], job.args["is_live"]) for job in jobs]


def test_dispatch_is_woken_for_active_endpoints():
    company, test_company = CompanyFactory(), CompanyFactory(is_live=False)
    live, in_test = (str(company.partner_id), True), (str(test_company.partner_id), False)
    for each in (company, test_company, CompanyFactory()):
        make_invitation(each)
    assert woken() == []
    endpoint, _ = make_endpoint(company), make_endpoint(test_company)
    invitation, _ = make_invitation(company), make_invitation(test_company)
    make_invitation()
    assert woken() == [live, in_test]
    rotate_invitation(invitation, by=SYSTEM)
    assert woken() == [live, in_test, live]
    for ended in ("paused_at", "deleted_at"):
        type(endpoint).objects.filter(pk=endpoint.pk).update(**{ended: endpoint.created_at})
        rotate_invitation(invitation, by=SYSTEM)
    assert woken() == [live, in_test, live]


def test_events_together_wake_each_partner_once():
    companies = [make_endpoint(CompanyFactory()).partner.companies.get() for _ in range(2)]
    made = [make_invitation(company) for company in companies for _ in range(3)]
    ProcrastinateJob.objects.all().delete()
    publish([new_partner_event(PartnerEventType.INVITATION_EXPIRED, each, {}) for each in made])
    assert sorted(woken()) == sorted((str(company.partner_id), True) for company in companies)


def test_rolled_back_event_wakes_nothing():
    company = CompanyFactory()
    make_endpoint(company)
    with transaction.atomic():
        make_invitation(company)
        transaction.set_rollback(True)
    assert (woken(), PartnerEvent.objects.count()) == ([], 0)


def test_previous_has_changed_members_only():
    before = {"maxUses": 1, "message": "Hi", "updatedAt": "now"}
    assert old_values(before, before | {"maxUses": None, "updatedAt": "later"}) == {"maxUses": 1}
    assert old_values(before, before | {"updatedAt": "later"}) is None
