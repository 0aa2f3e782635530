"""The form page: what is shown, what is saved, and what no forged post can change."""

import re
from datetime import date, timedelta
from uuid import uuid4

import orjson
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from companies.actors import SYSTEM
from connections.models import Connection, Credential
from invitations.models import Invitation, InvitationEvent, Use
from invitations.prefill import Prefill
from invitations.services import revoke_invitation
from tests.factories import DatasourceFactory, SiteFactory, make_invitation
from tests.invitations.answers import PASSWORD, PROVIDER_URL, answers, page

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation(company):
    return make_invitation(company)


def submit(client, invitation, **changes):
    return client.post(page(invitation, "connect"), answers(**changes))


def saved(client, invitation, **changes):
    response = submit(client, invitation, **changes)
    assert response.status_code == 302, response.content.decode()
    assert response["Location"] == page(invitation, "done")
    return Connection.objects.order_by("pk").last()


def stored():
    """How many rows a submitted form has left."""
    return [model.objects.count() for model in (Connection, Credential, Use)]


# --- saving -----------------------------------------------------------------------------------------------


def test_a_submitted_form_makes_a_connection_that_waits_for_its_check(client, invitation):
    connection = saved(client, invitation)
    assert (connection.company, connection.status) == (invitation.company, "PENDING")
    assert (connection.datasource, connection.url) == (None, PROVIDER_URL)
    assert connection.use.invitation == invitation


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
    sealed = bytes(Credential.objects.get(connection=connection).sealed)
    assert b"riverside" not in sealed
    assert PASSWORD.encode() not in sealed
    opened = settings.KEYRING.unseal(sealed, bound_to=f"credential:{connection.pk}")
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
    submission = str(uuid4())
    content = submit(
        client,
        invitation,
        submission=submission,
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
    for kept in (submission, "Nobody knows me", "the user", "owner@example.com", "2024-02-29"):
        assert f'value="{kept}"' in content
    assert '<option value="GB" selected>' in content
    checked = re.findall(r'<input type="checkbox" name="(\w+)" value="([\w-]+)"[^>]* checked', content)
    assert checked == [("sites", str(sites[1].pk)), ("utility_types", "SOLAR")]
    assert "Please type it again" in content


def test_each_error_stands_at_its_field_and_in_the_list_above(client, invitation):
    content = submit(client, invitation, username="", password="").content.decode()
    assert "Please check 2 things" in content
    for field, words in [("username", "Enter the user name"), ("password", "Enter the password")]:
        assert f'<a href="#id_{field}">' in content
        assert re.search(rf'<ul class="errorlist" id="id_{field}_error"><li>{words}', content)
        assert re.search(rf'<input [^>]*name="{field}"[^>]*aria-invalid="true"', content)


@pytest.mark.parametrize(
    "field",
    ["submission", "datasource", "provider", "country", "sites", "utility_types", "owner_email"]
    + ["collection_start_date", "username", "password"],
)
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


# --- what is locked ---------------------------------------------------------------------------------------


def locked_values(company):
    """For each lockable field: the prefill, what it is in the saved connection, and what a forger posts."""
    datasource, other = DatasourceFactory.create_batch(2)
    site, other_site = SiteFactory.create_batch(2, company=company)
    return {
        "datasource_id": (
            datasource.pk,
            lambda connection: connection.datasource.pk,
            [{"provider": other.name}, {"datasource": str(other.pk)}, {"provider": PROVIDER_URL, "datasource": ""}],
        ),
        "url": (
            "https://locked.example/",
            lambda connection: connection.url,
            [{"provider": PROVIDER_URL}, {"provider": other.name, "datasource": str(other.pk)}, {"url": PROVIDER_URL}],
        ),
        "initial_sites": (
            (site.pk,),
            lambda connection: tuple(each.pk for each in connection.sites.all()),
            [{"sites": [str(other_site.pk)]}, {"sites": [str(site.pk), str(other_site.pk)]}, {"sites": None}],
        ),
        "utility_types": (
            ("GAS", "WATER"),
            lambda connection: tuple(connection.utility_types),
            [{"utility_types": ["SOLAR"]}, {"utility_types": None}],
        ),
        "country": ("GB", lambda connection: connection.country, [{"country": "FR"}, {"country": ""}]),
        "connection_owner_email": (
            "owner@example.com",
            lambda connection: connection.owner_email,
            [{"owner_email": "evil@example.com"}, {"owner_email": ""}],
        ),
        "data_collection_start_date": (
            date(2024, 1, 31),
            lambda connection: connection.collection_start_date,
            [{"collection_start_date": "1999-01-01"}, {"collection_start_date": ""}],
        ),
    }


SHOWN = {
    "url": "https://locked.example/",
    "utility_types": "<dd>Gas</dd>",
    "country": "<dd>United Kingdom</dd>",
    "connection_owner_email": "<dd>owner@example.com</dd>",
    "data_collection_start_date": "<dd>31 January 2024</dd>",
}
INPUTS = {
    "datasource_id": ("provider", "datasource"),
    "url": ("provider", "datasource"),
    "initial_sites": ("sites",),
    "connection_owner_email": ("owner_email",),
    "data_collection_start_date": ("collection_start_date",),
}
LOCKABLE = [
    "datasource_id",
    "url",
    "initial_sites",
    "utility_types",
    "country",
    "connection_owner_email",
    "data_collection_start_date",
]


def locked_invitation(company, name):
    value, read, forgeries = locked_values(company)[name]
    invitation = make_invitation(company, prefill=Prefill(**{name: value, "locked_fields": (name,)}))
    return invitation, value, read, forgeries


@pytest.mark.parametrize("name", LOCKABLE)
def test_a_locked_field_is_shown_and_offers_nothing_to_change(client, company, name):
    invitation, value, *_ = locked_invitation(company, name)
    content = client.get(page(invitation, "connect")).content.decode()
    if name == "datasource_id":
        shown = f"<dd>{DatasourceFactory._meta.model.objects.get(pk=value).name}</dd>"
    elif name == "initial_sites":
        shown = f"<dd>{company.sites.get(pk__in=value).name}</dd>"
    else:
        shown = SHOWN[name]
    assert shown in content
    assert f"Set by {company.partner.name}" in content
    for field in INPUTS.get(name, (name,)):
        assert not re.search(rf'<(?![^>]*type="hidden")(input|select|textarea)[^>]* name="{field}"', content)


@pytest.mark.parametrize("name", LOCKABLE)
def test_a_locked_field_is_what_the_invitation_says_whatever_is_posted(client, company, name):
    invitation, value, read, forgeries = locked_invitation(company, name)
    for forged in forgeries:
        assert read(saved(client, invitation, **forged)) == value
    connection = Connection.objects.last()
    assert (connection.datasource is None) != (connection.url is None)


def test_with_everything_locked_user_name_and_password_are_enough(client, company):
    values = locked_values(company)
    values.pop("url")
    prefill = Prefill(**{name: each[0] for name, each in values.items()}, locked_fields=tuple(values))
    invitation = make_invitation(company, prefill=prefill)
    connection = saved(client, invitation, provider=None)
    for value, read, _ in values.values():
        assert read(connection) == value


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
    submission = str(uuid4())
    for _ in range(3):
        saved(client, invitation, submission=submission)
        assert "the account is saved" in client.get(page(invitation, "done")).content.decode()
    invitation.refresh_from_db()
    assert (stored(), invitation.use_count) == ([1, 1, 1], 1)
    assert InvitationEvent.objects.filter(type="USED").count() == 1


def test_a_form_posted_again_after_the_link_was_revoked_shows_what_was_saved(client, invitation):
    submission = str(uuid4())
    saved(client, invitation, submission=submission)
    revoke_invitation(invitation, by=SYSTEM)
    saved(client, invitation, submission=submission)
    assert stored() == [1, 1, 1]


def test_the_same_form_name_at_another_invitation_is_another_form(client, company):
    submission = str(uuid4())
    one, other = make_invitation(company), make_invitation(company)
    assert saved(client, one, submission=submission) != saved(client, other, submission=submission)


def test_two_open_forms_are_two_accounts(client, invitation):
    for _ in range(2):
        found = re.search(r'name="submission" value="([\w-]+)"', client.get(page(invitation, "connect")).content.decode())
        saved(client, invitation, submission=found[1])
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


# --- restricted -------------------------------------------------------------------------------------------

ALLOWED = "allowed@example.com"


@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_a_restricted_invitation_stops_before_the_form(client, company, method):
    invitation = make_invitation(company, allowed_emails=[ALLOWED])
    response = getattr(client, method)(page(invitation, "connect"))
    assert (response.status_code, response["Location"]) == (302, page(invitation, "verify"))


def test_a_restricted_invitation_never_shows_who_is_on_its_list(client, company):
    invitation = make_invitation(company, allowed_emails=[ALLOWED])
    for name in ("", "verify", "done"):
        assert ALLOWED not in client.get(page(invitation, name)).content.decode()


FORGED = {
    "nothing more": ({}, {}, {}),
    "the address": ({"email": ALLOWED, "owner_email": ALLOWED, "verified_email": ALLOWED}, {}, {}),
    "a proof": ({"proof": str(uuid4()), "code": "000000", "secret": "x" * 43, "verified": "on"}, {}, {}),
    "in the query": ({}, {"email": ALLOWED, "proof": "1", "code": "000000", "link": "x" * 43}, {}),
    "in headers": ({}, {}, {"X-Verified-Email": ALLOWED, "X-Forwarded-User": ALLOWED, "From": ALLOWED}),
    "the API's": ({"allowedEmails": "", "allowed_emails": "", "is_restricted": ""}, {}, {}),
    "another method": ({"_method": "PUT"}, {}, {"X-HTTP-Method-Override": "GET"}),
}


@pytest.mark.parametrize(("fields", "query", "headers"), FORGED.values(), ids=FORGED)
def test_without_a_proof_no_post_passes(client, company, fields, query, headers):
    invitation = make_invitation(company, allowed_emails=[ALLOWED])
    client.cookies[f"proof-{invitation.pk.hex}"] = "x" * 43
    client.cookies["proof"] = client.cookies["receipt"] = client.cookies["session"] = "x" * 43
    response = client.post(
        page(invitation, "connect"), answers(**fields), query_params=query, headers=headers
    )
    assert (response.status_code, response["Location"]) == (302, page(invitation, "verify"))
    assert stored() == [0, 0, 0]
    assert not InvitationEvent.objects.exclude(type__in=["CREATED", "VIEWED"]).exists()


def test_what_another_invitation_gave_does_not_pass(client, company):
    open_to_all, restricted = make_invitation(company), make_invitation(company, allowed_emails=[ALLOWED])
    submission = str(uuid4())
    saved(client, open_to_all, submission=submission)
    response = submit(client, restricted, submission=submission)
    assert response["Location"] == page(restricted, "verify")
    assert Use.objects.filter(invitation=restricted).count() == 0


def test_restricted_in_the_meantime_stops_the_open_form(client, invitation):
    assert client.get(page(invitation, "connect")).status_code == 200
    Invitation.objects.filter(pk=invitation.pk).update(allowed_emails=[ALLOWED])
    assert submit(client, invitation)["Location"] == page(invitation, "verify")
    assert stored() == [0, 0, 0]


def test_staff_have_no_way_around(company, django_user_model):
    client = Client()
    client.force_login(django_user_model.objects.create_superuser("staff@example.com", "correct horse battery"))
    invitation = make_invitation(company, allowed_emails=["staff@example.com"])
    assert submit(client, invitation)["Location"] == page(invitation, "verify")
    assert stored() == [0, 0, 0]
