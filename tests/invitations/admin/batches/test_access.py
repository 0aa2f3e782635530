"""Permissions and company limits of bulk invitations."""

from django.test import Client
from django.urls import reverse

from invitations.models import Batch
from tests.factories import CompanyFactory, UserFactory
from tests.invitations.admin.batches.pages import ADD, LIST, errors_of, file_of, page, result, upload
from tests.invitations.admin.pages import NO_ID, limited_to, may, words
from tests.invitations.services.batches.drafts import READY, draft, people, run, statuses


def test_forged_posts_are_refused(company, client):
    stranger = Client(enforce_csrf_checks=True)
    stranger.force_login(UserFactory())
    batch = draft(company, people(2))

    assert upload(stranger, company, file=file_of(people(3))).status_code == 403
    for name in ("create", "discard"):
        assert stranger.post(page(name, batch)).status_code == 403
    assert statuses(Batch.objects.get()) == [READY] * 2
    assert Batch.objects.get().state == "DRAFT"


def test_viewer_reads_but_starts_nothing(client, company):
    batch = draft(company, people(2))
    client.force_login(may("view_invitation"))

    for name in ("change", "progress", "result"):
        assert client.get(page(name, batch)).status_code == 200
    assert "Create 2" not in words(client.get(page("change", batch)))
    for name in ("create", "discard"):
        assert client.post(page(name, batch)).status_code == 403
    assert client.get(ADD).status_code == upload(client, company, addresses="a@example.com").status_code == 403
    assert client.get(reverse("admin:invitations_batch_example")).status_code == 403
    assert Batch.objects.get().state == "DRAFT"


def test_links_need_the_view_permission(client, company):
    batch = run(company, people(2))
    client.force_login(may("add_invitation"))

    assert "invitationUrl" not in result(client, batch)[0]
    assert "Open the invitation<" not in words(client.get(page("change", batch)))


def test_pages_need_an_invitation_permission(client, company):
    batch = draft(company, people(2))
    client.force_login(may("view_company"))

    for name in ("change", "progress", "result"):
        assert client.get(page(name, batch)).status_code == 403
    assert client.get(LIST).status_code == 403


def test_batch_of_another_company_is_not_found(client, company):
    others, own = draft(CompanyFactory(), people(2)), draft(company, people(2))
    client.force_login(limited_to(company))

    for name in ("change", "progress", "result"):
        assert client.get(page(name, others)).status_code == 404
        assert client.get(page(name, own)).status_code == 200
    for name in ("create", "discard"):
        assert client.post(page(name, others)).status_code == 404
    assert list(client.get(LIST).context["cl"].result_list) == [own]
    assert Batch.objects.get(pk=others.pk).state == "DRAFT"


def test_upload_is_limited_to_own_companies(client, company):
    client.force_login(limited_to(company))

    assert upload(client, company, addresses="a@example.com").status_code == 302
    errors = errors_of(upload(client, CompanyFactory(), addresses="a@example.com"))
    assert list(errors) == ["company"]
    assert Batch.objects.get().company == company


def test_only_own_companies_are_offered(client, company):
    other, third = CompanyFactory(name="Hilltop Hotels"), CompanyFactory()
    client.force_login(limited_to(company, third))

    offered = words(client.get(ADD))

    assert f'<option value="{company.pk}">{company}</option>' in offered
    assert str(other.pk) not in offered
    assert f'<option value="{company.pk}" selected>{company}</option>' in words(
        client.get(ADD, {"company": company.pk})
    )


def test_unknown_batch_is_not_found(admin_client):
    for name in ("change", "progress", "result"):
        assert admin_client.get(reverse(f"admin:invitations_batch_{name}", args=[NO_ID])).status_code == 404
