import re
from datetime import date
from uuid import uuid4

import orjson
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from companies.actors import SYSTEM
from connections.models import Credential
from invitations.contributor.forms import ConnectForm
from invitations.models import InvitationEvent
from invitations.models.consent import CONSENT_VERSION
from invitations.services.invitations import revoke_invitation
from tests.factories import DatasourceFactory, SiteFactory, make_invitation
from tests.invitations.answers import PASSWORD, PROVIDER_URL, page, saved, stored, submit

pytestmark = pytest.mark.django_db


def test_form_creates_pending_connection(client, invitation):
    connection = saved(client, invitation)
    assert (connection.company, connection.status) == (invitation.company, "PENDING")
    assert (connection.datasource, connection.url) == (None, PROVIDER_URL)
    assert connection.origin_invitation_id == invitation.pk


def test_form_saves_every_field(client, invitation):
    datasource = DatasourceFactory(country="IE")
    sites = SiteFactory.create_batch(3, company=invitation.company)
    connection = saved(
        client,
        invitation,
        provider=datasource.name,
        country="GB",
        sites=[str(sites[0].pk), str(sites[2].pk)],
        utility_types=["WATER", "GAS"],
        owner_email="Owner@Example.com",
        collection_start_date="2024-02-29",
    )
    assert connection.datasource == datasource
    assert connection.country == "GB"
    assert set(connection.sites.all()) == {sites[0], sites[2]}
    assert connection.utility_types == ["WATER", "GAS"]
    assert connection.owner_email == "owner@example.com"
    assert connection.collection_start_date == date(2024, 2, 29)


def test_form_spends_and_logs_one_use(client, company):
    invitation = make_invitation(company, max_uses=2)
    connection = saved(client, invitation)
    invitation.refresh_from_db()
    assert (invitation.use_count, invitation.status) == (1, "ACTIVE")
    (used,) = invitation.events.filter(type="USED")
    given = {"version": CONSENT_VERSION, "language": "en"}
    assert (used.actor, used.detail) == ("CONTRIBUTOR", {"connectionId": str(connection.pk), "consent": given})
    assert (connection.use.consent_version, connection.use.consent_language) == (CONSENT_VERSION, "en")


def test_other_consent_text_is_shown_first(client, invitation):
    form = client.get(page(invitation, "connect")).content.decode()
    assert f'name="consent" value="{CONSENT_VERSION} en"' in form
    assert "You can withdraw your consent at any time." in form

    for given in ("2020-01-01 en", None):
        response = submit(client, invitation, consent=given)
        content = response.content.decode()
        assert "The text that you agree to has changed." in content
        assert f'name="consent" value="{CONSENT_VERSION} en"' in content
        assert 'value="riverside"' in content
    assert stored() == [0, 0, 0]


def test_last_use_closes_invitation(client, company):
    invitation = make_invitation(company, max_uses=1)
    saved(client, invitation)
    assert [event.type for event in invitation.events.order_by("pk")] == ["CREATED", "USED", "FULFILLED"]
    assert submit(client, invitation).status_code == 410


def test_credentials_are_encrypted_for_connection(client, invitation):
    connection = saved(client, invitation)
    sealed = bytes(Credential.objects.get(connection=connection).encrypted)
    assert b"riverside" not in sealed
    assert PASSWORD.encode() not in sealed
    opened = settings.KEYRING.decrypt(sealed, associated_data=f"credential:{connection.pk}")
    assert orjson.loads(opened) == {"username": "riverside", "password": PASSWORD}


def test_ambiguous_provider_offers_choice(client, invitation):
    chosen = DatasourceFactory(name="Berliner Wasser")
    DatasourceFactory(name="Berliner Wärme")
    asked = submit(client, invitation, provider="berliner")
    content = asked.content.decode()
    assert (asked.status_code, stored()) == (200, [0, 0, 0])
    assert len(re.findall(r'<input type="radio" name="datasource"', content)) == 2
    assert "Which one is yours?</legend>" in content
    connection = saved(client, invitation, provider="berliner", datasource=str(chosen.pk))
    assert connection.datasource == chosen


def test_invalid_form_keeps_all_but_password(client, invitation):
    sites = SiteFactory.create_batch(2, company=invitation.company)
    form_id = str(uuid4())
    content = submit(
        client,
        invitation,
        form_id=form_id,
        provider="Unknown name",
        username="the user",
        country="GB",
        sites=[str(sites[1].pk)],
        utility_types=["SOLAR"],
        owner_email="owner@example.com",
        collection_start_date="2024-02-29",
    ).content.decode()
    assert PASSWORD not in content
    assert "pa55" not in content
    for kept in (form_id, "Unknown name", "the user", "owner@example.com", "2024-02-29"):
        assert f'value="{kept}"' in content
    assert '<option value="GB" selected>' in content
    checked = re.findall(r'<input type="checkbox" name="(\w+)" value="([\w-]+)"[^>]* checked', content)
    assert checked == [("sites", str(sites[1].pk)), ("utility_types", "SOLAR")]
    assert "please type this again:" in content


def test_each_error_stands_at_its_field(client, invitation):
    content = submit(client, invitation, username="", password="").content.decode()
    assert "Please check 2 things" in content
    for field, words in [("username", "Enter the user name"), ("password", "Enter the password")]:
        assert f'<a href="#id_{field}">' in content
        assert re.search(rf'<ul class="errorlist" id="id_{field}_error"><li>{words}', content)
        assert re.search(rf'<input [^>]*name="{field}"[^>]*aria-invalid="true"', content)


def test_errors_stand_in_order_of_page(client, invitation):
    content = submit(client, invitation, provider="", owner_email="a@b@c", username="", password="").content.decode()
    assert re.findall(r'<a href="#id_(\w+)">', content) == ["provider", "owner_email", "username", "password"]


@pytest.mark.parametrize("value", ["a\x00b", "\ud800".encode("utf-8", "surrogatepass"), "9" * 5000])
def test_hostile_values_never_crash(client, invitation, value):
    SiteFactory(company=invitation.company)
    for field in ConnectForm.base_fields:
        before = stored()
        status = submit(client, invitation, **{field: value}).status_code
        assert (field, status) in {(field, 200), (field, 302)}
        assert (stored() == before) == (status == 200), field


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{}", "application/json"),
        (b"\xff\xfe=\xff", "application/x-www-form-urlencoded"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"", ""),
    ],
)
def test_hostile_bodies_never_crash(client, invitation, body, content_type):
    response = client.post(page(invitation, "connect"), body, content_type=content_type)
    assert response.status_code in {200, 400}
    assert stored() == [0, 0, 0]


@pytest.mark.parametrize("by", ["another company", "another partner"])
def test_foreign_sites_cannot_be_chosen(client, invitation, by):
    company = {} if by == "another partner" else {"company__partner": invitation.company.partner}
    foreign = SiteFactory(**company)
    own = SiteFactory(company=invitation.company)
    response = submit(client, invitation, sites=[str(own.pk), str(foreign.pk)])
    assert (response.status_code, stored()) == (200, [0, 0, 0])
    assert foreign.name not in response.content.decode()


@pytest.mark.parametrize(
    "forged",
    [
        {"company": "0194f000-0000-7000-8000-000000000011", "company_id": "0194f000-0000-7000-8000-000000000011"},
        {"status": "CONNECTED", "verified_email": "a@example.com"},
        {"use_count": "0", "max_uses": "99", "invitation_id": "1"},
        {"locked_fields": "", "prefill": "{}"},
    ],
)
def test_unknown_fields_change_nothing(client, invitation, forged):
    connection = saved(client, invitation, **forged)
    invitation.refresh_from_db()
    assert (connection.company, connection.status) == (invitation.company, "PENDING")
    assert (connection.verified_email, invitation.use_count, invitation.max_uses) == (None, 1, None)


def test_same_form_is_saved_once(client, company):
    invitation = make_invitation(company, max_uses=1)
    form_id = str(uuid4())
    for _ in range(3):
        saved(client, invitation, form_id=form_id)
        assert "The login is saved" in client.get(page(invitation, "done")).content.decode()
    invitation.refresh_from_db()
    assert (stored(), invitation.use_count) == ([1, 1, 1], 1)
    assert InvitationEvent.objects.filter(type="USED").count() == 1


def test_same_form_after_revoke_shows_result(client, invitation):
    form_id = str(uuid4())
    saved(client, invitation, form_id=form_id)
    revoke_invitation(invitation, by=SYSTEM)
    saved(client, invitation, form_id=form_id)
    assert stored() == [1, 1, 1]


def test_form_id_counts_per_invitation(client, company):
    form_id = str(uuid4())
    one, other = make_invitation(company), make_invitation(company)
    assert saved(client, one, form_id=form_id) != saved(client, other, form_id=form_id)


def test_two_forms_make_two_connections(client, invitation):
    for username in ("one", "another"):
        found = re.search(r'name="form_id" value="([\w-]+)"', client.get(page(invitation, "connect")).content.decode())
        saved(client, invitation, form_id=found[1], username=username)
    assert stored() == [2, 2, 2]


def test_form_queries_do_not_grow_with_sites(client, invitation, django_assert_num_queries):
    SiteFactory(company=invitation.company)
    client.get(page(invitation, "connect"))
    with CaptureQueriesContext(connection) as one:
        client.get(page(invitation, "connect"))
    SiteFactory.create_batch(29, company=invitation.company)

    with django_assert_num_queries(len(one)):
        assert client.get(page(invitation, "connect")).status_code == 200
