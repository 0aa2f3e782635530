"""Drafts on the pages: nothing typed is lost."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from companies.actors import SYSTEM
from invitations.models import EmailProof, FormDraft
from invitations.models.prefill import Prefill
from invitations.services.form_drafts import FIELDS
from invitations.services.invitations import create_repair_invitation
from invitations.services.rate_limits import hash_address
from tests.factories import DatasourceFactory, SiteFactory, make_invitation
from tests.invitations.answers import PASSWORD, answers, page, saved, submit
from tests.invitations.contributor.steps import ANNA, BEN, tag
from tests.invitations.contributor.typed import NOTHING, TYPED, values
from tests.invitations.repairs import create_proof, login, read, revoke

pytestmark = pytest.mark.django_db

KEPT = "We kept what you typed on"


def keep(client, invitation, **changes):
    """Save as the script of the page does."""
    form = {"form_id": str(uuid4())} | TYPED | changes
    response = client.post(page(invitation, "draft"), form)
    assert (response.status_code, response.content) == (204, b"")
    return response


def opened(client, invitation):
    return read(client.get(page(invitation, "connect")))


def test_draft_is_offered_to_its_browser(client, company):
    invitation, another = make_invitation(company), make_invitation(company)
    keep(client, invitation, username="riverside", password=PASSWORD)
    content = opened(client, invitation)
    assert (KEPT in content, values(content)) == (True, TYPED)
    assert not [secret for secret in ("riverside", PASSWORD) if f'value="{secret}"' in content]
    cookie = client.cookies[f"draft-{invitation.pk.hex}"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/p/i/")
    for who, link in ((Client(), invitation), (client, another)):
        content = opened(who, link)
        assert (KEPT in content, values(content)) == (False, NOTHING)


def test_draft_is_offered_on_another_device(company):
    invitation = make_invitation(company, allowed_emails=[ANNA, BEN])
    laptop, phone, of_ben, stranger = (Client() for _ in range(4))
    create_proof(laptop, invitation, ANNA)
    keep(laptop, invitation)
    assert KEPT not in read(stranger.get(page(invitation, "verify")))
    create_proof(of_ben, invitation, BEN)
    assert KEPT not in opened(of_ben, invitation)
    create_proof(phone, invitation, ANNA)
    assert values(opened(phone, invitation)) == TYPED
    assert not [name for name in laptop.cookies if name.startswith("draft")]


def test_stranger_saves_nothing_and_learns_nothing(client, company):
    invitation = make_invitation(company, allowed_emails=[ANNA])
    for verified in ("", hash_address(ANNA), hash_address(BEN)):
        response = keep(client, invitation, verified=verified)
        assert not response.cookies
    assert not FormDraft.objects.exists()
    assert client.post(page(invitation, "start_over"))["Location"] == page(invitation, "verify")
    assert client.get(page(invitation, "draft"))["Location"] == page(invitation, "connect")
    assert Client(enforce_csrf_checks=True).post(page(invitation, "draft"), TYPED).status_code == 403
    revoke(invitation)
    assert client.post(page(invitation, "draft"), TYPED).status_code == 410


def test_draft_of_another_address_is_not_kept(client, company):
    invitation = make_invitation(company, allowed_emails=[ANNA, BEN])
    create_proof(client, invitation, BEN)
    keep(client, invitation, verified=hash_address(ANNA))
    assert not FormDraft.objects.exists()


def test_rejected_form_is_kept(client, company):
    invitation = make_invitation(company)
    form = answers(**TYPED | {"provider": "Unheard of"})
    content = read(client.post(page(invitation, "connect"), form))
    assert ("We do not know this provider" in content, KEPT in content) == (True, False)
    content = opened(client, invitation)
    assert (values(content), form["username"] in content) == (TYPED | {"provider": "Unheard of"}, False)

    # what the restored form sends ends both drafts, and the next form starts fresh
    again = answers(
        **TYPED | {"provider": "a.example"}, shown_draft=re.search(r'shown_draft" value="([^"]+)', content)[1]
    )
    assert client.post(page(invitation, "connect"), again).status_code == 302
    assert not FormDraft.objects.exists()
    assert values(opened(client, invitation)) == NOTHING
    keep(client, invitation, form_id=again["form_id"])  # a script that is late
    assert not FormDraft.objects.exists()


def test_tabs_keep_apart(client, company):
    invitation = make_invitation(company)
    first, second = str(uuid4()), str(uuid4())
    keep(client, invitation, form_id=first, country="DE")
    keep(client, invitation, form_id=second, country="NL")
    saved(client, invitation, form_id=second)
    assert values(opened(client, invitation))["country"] == "DE"


def test_first_saves_at_once_share_an_owner(company):
    invitation, form_id = make_invitation(company), str(uuid4())
    script, post = Client(), Client()  # neither response has arrived yet
    keep(script, invitation, form_id=form_id)
    submit(post, invitation, form_id=form_id, provider="Unheard of")
    assert values(opened(script, invitation))["provider"] == "Unheard of"
    assert secrets(script) == secrets(post)


def secrets(browser):
    return {name: each.value.rpartition(".")[2] for name, each in browser.cookies.items() if name.startswith("draft-")}


def test_start_over_discards_draft(client, company):
    invitation = make_invitation(company)
    keep(client, invitation)
    assert f'action="{page(invitation, "start_over")}"' in opened(client, invitation)
    client.get(page(invitation, "start_over"))
    assert FormDraft.objects.exists()
    assert client.post(page(invitation, "start_over"))["Location"] == page(invitation, "connect")
    assert not FormDraft.objects.exists()
    assert values(opened(client, invitation)) == NOTHING


def test_prefill_and_catalogue_limit_draft(client, company):
    chosen, gone = DatasourceFactory(name="Old Energy"), DatasourceFactory(name="Gone Energy")
    here, closed = SiteFactory(company=company), SiteFactory(company=company)
    prefill = Prefill(country="CA", utility_types=["SOLAR"], locked_fields=["country"])
    invitation = make_invitation(company, prefill=prefill)
    sites = [str(here.pk), str(closed.pk)]
    keep(client, invitation, provider="Gone Energy", datasource=str(gone.pk), sites=sites)
    gone.delete()
    closed.delete()
    content = opened(client, invitation)
    assert "Canada" in content
    assert values(content) == TYPED | {"provider": "", "country": ""}
    assert re.findall(r'name="sites" value="([^"]*)"[^>]* checked', content) == [str(here.pk)]

    for datasource in (str(chosen.pk), "no id"):
        keep(client, invitation, provider="Old Energy", datasource=datasource)
        assert values(opened(client, invitation))["provider"] == ("Old Energy" if datasource != "no id" else "")


def test_many_sites_are_kept_by_name(client, company):
    SiteFactory.create_batch(51, company=company)
    invitation = make_invitation(company)
    keep(client, invitation, sites="Main bakery\r\nCold store", all_sites="all")
    content = opened(client, invitation)
    assert "Main bakery\r\nCold store</textarea>" in content
    assert "checked" in tag(content, "all_sites")


def test_expired_proof_keeps_typed(client, company):
    invitation = make_invitation(company, allowed_emails=[ANNA])
    create_proof(client, invitation, ANNA)
    form = answers(**TYPED, verified=hash_address(ANNA))
    EmailProof.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    lost, found = "please type it once more", "What you typed into the form is kept, except the login."
    content = read(client.get(page(invitation, "verify")))
    assert (lost in content, found in content) == (True, False)
    assert client.post(page(invitation, "connect"), form)["Location"] == page(invitation, "verify")
    content = read(client.get(page(invitation, "verify")))
    assert (lost in content, found in content) == (False, True)
    assert found not in read(Client().get(page(invitation, "verify")))

    create_proof(client, invitation, ANNA)
    content = opened(client, invitation)
    assert (values(content), form["username"] in content) == (TYPED, False)


def test_script_in_frame_gets_cookie_of_frame(client, company):
    company.partner.embedding_origins = ["https://portal.example.com"]
    company.partner.save()
    invitation = make_invitation(company)
    response = client.post(page(invitation, "draft"), {"form_id": str(uuid4())}, headers={"X-In-Frame": "1"})
    cookie = response.cookies[f"draft-{invitation.pk.hex}"]
    assert (cookie["samesite"], cookie["partitioned"]) == ("None", True)


def test_repair_keeps_no_draft(client, broken):
    invitation = create_repair_invitation(broken, by=SYSTEM)
    client.post(page(invitation, "connect"), login(password=""))
    keep(client, invitation)
    assert not FormDraft.objects.exists()


def test_script_sends_listed_fields_only(client, company):
    (listed,) = re.findall(r'data-draft-fields="([^"]*)"', opened(client, make_invitation(company)))
    assert sorted(listed.split()) == sorted([*FIELDS, "csrfmiddlewaretoken", "form_id", "shown_draft", "verified"])


def test_saves_are_limited(client, company, monkeypatch):
    monkeypatch.setattr("invitations.contributor.drafts.SAVES_PER_MINUTE", 1)
    invitation = make_invitation(company)
    keep(client, invitation)
    response = client.post(page(invitation, "draft"), {"form_id": str(uuid4())})
    assert (response.status_code, "Retry-After" in response) == (429, True)
    assert client.post(page(invitation, "draft"), {"sites": "x" * 70_000}).status_code == 413
