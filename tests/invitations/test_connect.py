"""The form page: what is saved, what is refused, and that a form counts once."""

import re
from datetime import date, timedelta
from uuid import uuid4

import orjson
import pytest
from django.conf import settings
from django.utils import timezone

from companies.actors import SYSTEM
from connections.models import Credential
from invitations.contributor.forms import ConnectForm
from invitations.models import Invitation, InvitationEvent
from invitations.services.invitations import revoke_invitation
from tests.factories import DatasourceFactory, SiteFactory, make_invitation
from tests.invitations.answers import PASSWORD, PROVIDER_URL, page, saved, stored, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation(company):
    return make_invitation(company)


# --- saving -----------------------------------------------------------------------------------------------


def test_a_submitted_form_makes_a_connection_that_waits_for_its_check(client, invitation):
    connection = saved(client, invitation)
    assert (connection.company, connection.status) == (invitation.company, "PENDING")
    assert (connection.datasource, connection.url) == (None, PROVIDER_URL)
    assert connection.origin_invitation_id == invitation.pk


def test_everything_that_was_said_is_saved(client, invitation):
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


def test_one_use_is_spent_and_logged(client, company):
    invitation = make_invitation(company, max_uses=2)
    connection = saved(client, invitation)
    invitation.refresh_from_db()
    assert (invitation.use_count, invitation.status) == (1, "ACTIVE")
    (used,) = invitation.events.filter(type="USED")
    assert (used.actor, used.detail) == ("CONTRIBUTOR", {"connectionId": str(connection.pk)})


def test_the_last_use_closes_the_link_and_says_so_in_the_log(client, company):
    invitation = make_invitation(company, max_uses=1)
    saved(client, invitation)
    assert [event.type for event in invitation.events.order_by("pk")] == ["CREATED", "USED", "FULFILLED"]
    assert submit(client, invitation).status_code == 410


def test_credentials_are_sealed_and_bound_to_their_connection(client, invitation):
    connection = saved(client, invitation)
    sealed = bytes(Credential.objects.get(connection=connection).encrypted)
    assert b"riverside" not in sealed
    assert PASSWORD.encode() not in sealed
    opened = settings.KEYRING.decrypt(sealed, associated_data=f"credential:{connection.pk}")
    assert orjson.loads(opened) == {"username": "riverside", "password": PASSWORD}


def test_an_ambiguous_name_is_answered_with_a_choice_that_then_works(client, invitation):
    chosen = DatasourceFactory(name="Berliner Wasser")
    DatasourceFactory(name="Berliner Wärme")
    asked = submit(client, invitation, provider="berliner")
    content = asked.content.decode()
    assert (asked.status_code, stored()) == (200, [0, 0, 0])
    assert len(re.findall(r'<input type="radio" name="datasource"', content)) == 2
    assert "Which one is yours?</legend>" in content
    connection = saved(client, invitation, provider="berliner", datasource=str(chosen.pk))
    assert connection.datasource == chosen


# --- a form that does not hold ----------------------------------------------------------------------------


def test_everything_but_the_password_stays_filled_in(client, invitation):
    sites = SiteFactory.create_batch(2, company=invitation.company)
    form_id = str(uuid4())
    content = submit(
        client,
        invitation,
        form_id=form_id,
        provider="Nobody knows me",
        username="the user",
        country="GB",
        sites=[str(sites[1].pk)],
        utility_types=["SOLAR"],
        owner_email="owner@example.com",
        collection_start_date="2024-02-29",
    ).content.decode()
    assert PASSWORD not in content
    assert "pa55" not in content
    for kept in (form_id, "Nobody knows me", "the user", "owner@example.com", "2024-02-29"):
        assert f'value="{kept}"' in content
    assert '<option value="GB" selected>' in content
    checked = re.findall(r'<input type="checkbox" name="(\w+)" value="([\w-]+)"[^>]* checked', content)
    assert checked == [("sites", str(sites[1].pk)), ("utility_types", "SOLAR")]
    assert "Please type it again:" in content


def test_each_error_stands_at_its_field_and_in_the_list_above(client, invitation):
    content = submit(client, invitation, username="", password="").content.decode()
    assert "Please check 2 things" in content
    for field, words in [("username", "Enter the user name"), ("password", "Enter the password")]:
        assert f'<a href="#id_{field}">' in content
        assert re.search(rf'<ul class="errorlist" id="id_{field}_error"><li>{words}', content)
        assert re.search(rf'<input [^>]*name="{field}"[^>]*aria-invalid="true"', content)


@pytest.mark.parametrize("field", ConnectForm.base_fields)
@pytest.mark.parametrize("value", ["\x00", "a\x00b", "\ud800".encode("utf-8", "surrogatepass"), "{}", "9" * 5000])
def test_no_value_of_any_field_is_an_error_of_ours(client, invitation, field, value):
    SiteFactory(company=invitation.company)
    response = submit(client, invitation, **{field: value})
    assert response.status_code in {200, 302}
    if response.status_code == 200:
        assert stored() == [0, 0, 0]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{}", "application/json"),
        (b"\xff\xfe=\xff", "application/x-www-form-urlencoded"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"", ""),
    ],
)
def test_no_body_is_an_error_of_ours(client, invitation, body, content_type):
    response = client.post(page(invitation, "connect"), body, content_type=content_type)
    assert response.status_code in {200, 400}
    assert stored() == [0, 0, 0]


# --- what is not the contributor's ------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["another company", "another partner"])
def test_sites_of_others_cannot_be_chosen(client, invitation, by):
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
def test_fields_that_are_not_the_forms_do_nothing(client, invitation, forged):
    connection = saved(client, invitation, **forged)
    invitation.refresh_from_db()
    assert (connection.company, connection.status) == (invitation.company, "PENDING")
    assert (connection.verified_email, invitation.use_count, invitation.max_uses) == (None, 1, None)


# --- twice ------------------------------------------------------------------------------------------------


def test_a_form_posted_again_is_saved_once_and_shows_the_same_page(client, company):
    invitation = make_invitation(company, max_uses=1)
    form_id = str(uuid4())
    for _ in range(3):
        saved(client, invitation, form_id=form_id)
        assert "The login is saved" in client.get(page(invitation, "done")).content.decode()
    invitation.refresh_from_db()
    assert (stored(), invitation.use_count) == ([1, 1, 1], 1)
    assert InvitationEvent.objects.filter(type="USED").count() == 1


def test_a_form_posted_again_after_the_link_was_revoked_shows_what_was_saved(client, invitation):
    form_id = str(uuid4())
    saved(client, invitation, form_id=form_id)
    revoke_invitation(invitation, by=SYSTEM)
    saved(client, invitation, form_id=form_id)
    assert stored() == [1, 1, 1]


def test_the_same_form_name_at_another_invitation_is_another_form(client, company):
    form_id = str(uuid4())
    one, other = make_invitation(company), make_invitation(company)
    assert saved(client, one, form_id=form_id) != saved(client, other, form_id=form_id)


def test_two_open_forms_are_two_accounts(client, invitation):
    for _ in range(2):
        found = re.search(r'name="form_id" value="([\w-]+)"', client.get(page(invitation, "connect")).content.decode())
        saved(client, invitation, form_id=found[1])
    assert stored() == [2, 2, 2]


# --- closed between opening and submitting ----------------------------------------------------------------


def close_by_revoking(invitation):
    revoke_invitation(invitation, by=SYSTEM)


def close_by_time(invitation):
    past = timezone.now() - timedelta(seconds=1)
    Invitation.objects.filter(pk=invitation.pk).update(created_at=past - timedelta(days=1), expires_at=past)


def close_by_use(invitation):
    Invitation.objects.filter(pk=invitation.pk).update(max_uses=3, use_count=3)


@pytest.mark.parametrize("filled", [{}, {"username": ""}], ids=["complete form", "form with an error"])
@pytest.mark.parametrize(
    ("close", "words"),
    [
        (close_by_revoking, "This invitation was withdrawn"),
        (close_by_time, "This invitation has expired"),
        (close_by_use, "This invitation has been used"),
    ],
)
def test_closed_in_the_meantime_is_told_kindly_and_nothing_is_stored(client, invitation, close, words, filled):
    assert client.get(page(invitation, "connect")).status_code == 200
    close(invitation)
    before = Invitation.objects.values().get(pk=invitation.pk)
    response = submit(client, invitation, **filled)
    content = response.content.decode()
    assert response.status_code == 410
    assert words in content
    assert PASSWORD not in content
    assert stored() == [0, 0, 0]
    assert Invitation.objects.values().get(pk=invitation.pk) == before
    assert not InvitationEvent.objects.filter(type="USED").exists()
    assert not response.cookies
