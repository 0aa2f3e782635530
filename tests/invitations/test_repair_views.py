"""The check that is followed, login details that are put right, and the pages of an invitation to repair."""

import re
from datetime import timedelta
from uuid import uuid4

import orjson
import pytest
from django.conf import settings
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from companies.actors import SYSTEM
from connections.models import Connection, Credential
from connections.services import report_status
from connections.status import MENDABLE, Status
from connections.words import WORDS
from invitations.models import EmailProof, Invitation, InvitationEvent, Use
from invitations.models.proof import hash_secret
from invitations.services import create_repair_invitation, revoke_invitation
from tests.factories import DatasourceFactory, make_connection, make_invitation
from tests.invitations.answers import PASSWORD, answers, page, saved
from tests.invitations.test_privacy import POLICY

pytestmark = pytest.mark.django_db

NEW = "n3w & better"
MENDABLE_STATES = sorted(MENDABLE)
OTHER_STATES = sorted(set(Status) - MENDABLE - {Status.PENDING})


@pytest.fixture
def invitation(company):
    return make_invitation(company, max_uses=1)


@pytest.fixture
def connected(client, invitation):
    """What the client has just connected; it waits for its check."""
    return saved(client, invitation)


@pytest.fixture
def broken(company):
    """A connection whose password was refused."""
    return found(make_connection(company), Status.PASSWORD_INCORRECT)


@pytest.fixture
def to_repair(broken):
    return create_repair_invitation(broken, by=SYSTEM)


def found(connection, status=Status.PASSWORD_INCORRECT, **detail):
    """The collector reports."""
    return report_status(connection, status, by=SYSTEM, **detail)


def login(**changes):
    """The login details as they are posted."""
    return {"submission": str(uuid4()), "username": "the new user", "password": NEW} | changes


def opened(connection):
    """What the vault has."""
    sealed = bytes(Credential.objects.get(connection=connection).sealed)
    return orjson.loads(settings.KEYRING.unseal(sealed, bound_to=f"credential:{connection.pk}"))


def read(response, status=200):
    assert response.status_code == status
    return response.content.decode()


def has_form(content):
    return 'name="password"' in content


def rows():
    """Everything a visit could change."""
    models = (Connection, Credential, Invitation, InvitationEvent, Use)
    return [list(model.objects.order_by("pk").values()) for model in models]


def expire(invitation):
    past = timezone.now() - timedelta(seconds=1)
    Invitation.objects.filter(pk=invitation.pk).update(created_at=past - timedelta(days=1), expires_at=past)


def fulfil(invitation):
    Invitation.objects.filter(pk=invitation.pk).update(max_uses=1, use_count=1)


def revoke(invitation):
    revoke_invitation(invitation, by=SYSTEM)


# --- following the check ----------------------------------------------------------------------------------


def test_a_check_that_is_under_way_is_followed(client, invitation, connected):
    content = read(client.get(page(invitation, "state")))
    assert "data-waiting" in content
    assert "We are checking the login" in content
    assert not has_form(content)


@pytest.mark.parametrize("status", MENDABLE_STATES)
def test_what_a_person_can_mend_is_told_with_the_form_to_mend_it(client, invitation, connected, status):
    found(connected, status)
    content = read(client.get(page(invitation, "state")))
    assert WORDS[status].title in content
    assert WORDS[status].sentence in content
    assert f'action="{page(invitation, "correct")}"' in content
    assert has_form(content)
    assert "data-waiting" not in content


@pytest.mark.parametrize("status", OTHER_STATES)
def test_what_nobody_can_mend_here_is_told_without_a_form(client, invitation, connected, status):
    found(connected, status)
    content = read(client.get(page(invitation, "state")))
    assert WORDS[status].title in content
    assert not has_form(content)
    assert "data-waiting" not in content


def test_the_piece_is_what_the_whole_page_shows_too(client, invitation, connected):
    found(connected, Status.WEBSITE_DOWN)
    piece = read(client.get(page(invitation, "state")))
    assert "<html" not in piece
    assert piece.strip() in read(client.get(page(invitation, "done")))


def test_a_wrong_password_and_a_site_that_is_down_are_told_apart():
    wrong, down = WORDS[Status.PASSWORD_INCORRECT], WORDS[Status.WEBSITE_DOWN]
    assert "password is not right" in wrong.sentence
    assert "site is down" in down.title
    assert "may well be right" in down.sentence


def test_every_state_has_words_that_are_kind_and_its_own():
    assert set(WORDS) == set(Status)
    assert len({words.title for words in WORDS.values()}) == len(Status)
    assert not any("!" in "".join(words) for words in WORDS.values())


def test_without_a_receipt_there_is_no_state(client, invitation, connected):
    for stranger in (Client(), Client(headers={"Cookie": "receipt=x:y:z"})):
        response = stranger.get(page(invitation, "state"))
        assert (response.status_code, response.content) == (204, b"")


def test_the_receipt_of_another_invitation_shows_no_state(client, company, connected):
    assert client.get(page(make_invitation(company), "state")).status_code == 204


@pytest.mark.parametrize("name", ["state", "done"])
@pytest.mark.parametrize("status", [None, *MENDABLE_STATES])
def test_nothing_secret_is_in_the_answer(client, invitation, connected, name, status):
    if status:
        found(connected, status)
    content = read(client.get(page(invitation, name)))
    for secret in (PASSWORD, "pa55", "riverside"):
        assert secret not in content


def test_what_the_collector_says_is_text(client, invitation, connected):
    found(connected, error_detail='<script>alert(1)</script> {{ 7*7 }} "><img src=x onerror=alert(1)>')
    for name in ("state", "done"):
        content = read(client.get(page(invitation, name)))
        assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }} &quot;&gt;&lt;img src=x" in content
        assert "<script>alert" not in content
        assert "<img src=x" not in content


REFRESH = '<noscript><meta http-equiv="refresh"'


def test_without_a_script_the_page_refreshes_itself_while_it_waits(client, invitation, connected):
    assert REFRESH in read(client.get(page(invitation, "done")))
    found(connected)
    assert "refresh" not in read(client.get(page(invitation, "done")))


def test_a_page_that_shows_nothing_does_not_refresh_itself(client, invitation, connected):
    assert "refresh" not in read(Client().get(page(invitation, "done")))


def test_the_title_says_how_it_stands(client, invitation, connected):
    assert "<title>We are checking the login" in read(client.get(page(invitation, "done")))
    found(connected, Status.CONNECTED)
    assert "<title>It works" in read(client.get(page(invitation, "done")))


def test_following_costs_few_queries(client, invitation, connected):
    with CaptureQueriesContext(
        database,
    ) as captured:
        client.get(page(invitation, "state"))
    assert len(captured) <= 4, [query["sql"] for query in captured]


# --- putting it right -------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", MENDABLE_STATES)
def test_corrected_login_details_are_checked_again_and_spend_no_use(client, invitation, connected, status):
    found(connected, status)
    response = client.post(page(invitation, "correct"), login())
    assert (response.status_code, response["Location"]) == (302, page(invitation, "done"))
    assert opened(connected) == {"username": "the new user", "password": NEW}
    connected.refresh_from_db()
    invitation.refresh_from_db()
    assert connected.status == Status.PENDING
    assert (invitation.use_count, Use.objects.count(), Connection.objects.count()) == (1, 1, 1)
    assert "data-waiting" in read(client.get(page(invitation, "done")))


def test_correcting_works_after_the_invitation_was_used_up_or_has_expired(client, company):
    for close in (fulfil, expire):
        invitation = make_invitation(company)
        connection = found(saved(client, invitation))
        close(invitation)
        assert client.post(page(invitation, "correct"), login()).status_code == 302
        assert opened(connection)["password"] == NEW


def test_the_password_that_is_posted_comes_back_in_no_page(client, invitation, connected):
    found(connected)
    content = read(client.post(page(invitation, "correct"), login(username="")))
    assert "Please check 1 thing" in content
    assert "Enter the user name" in content
    assert NEW not in content
    assert "n3w" not in content
    assert opened(connected)["password"] == PASSWORD


def test_a_form_that_does_not_hold_keeps_the_user_name_and_says_so_in_the_title(client, invitation, connected):
    found(connected)
    content = read(client.post(page(invitation, "correct"), login(password="")))
    assert 'value="the new user"' in content
    assert "<title>Please check: The provider refused the login" in content
    assert 'href="#id_password"' in content


@pytest.mark.parametrize("filled", [{}, {"username": ""}], ids=["complete form", "form with an error"])
@pytest.mark.parametrize("status", [Status.PENDING, *OTHER_STATES])
def test_where_there_is_nothing_to_correct_the_done_page_says_how_it_stands(
    client, invitation, connected, status, filled
):
    if status != Status.PENDING:
        found(connected, status)
    before = rows()
    response = client.post(page(invitation, "correct"), login(**filled))
    assert (response.status_code, response["Location"]) == (302, page(invitation, "done"))
    assert rows() == before


def test_only_the_browser_that_gave_the_login_may_correct_it(client, company, invitation, connected):
    found(connected)
    other = make_invitation(company)
    stranger = Client()
    saved(stranger, other)
    before = rows()
    for visitor in (Client(), stranger):
        response = visitor.post(page(invitation, "correct"), login())
        assert (response.status_code, response["Location"]) == (302, page(invitation, "done"))
    client.post(page(other, "correct"), login())
    assert rows() == before


@pytest.mark.parametrize("filled", [{}, {"username": ""}], ids=["complete form", "form with an error"])
def test_after_a_revocation_nothing_can_be_corrected(client, invitation, connected, filled):
    found(connected)
    revoke(invitation)
    before = rows()
    assert "This invitation was withdrawn" in read(client.post(page(invitation, "correct"), login(**filled)), 410)
    assert rows() == before


def test_after_a_revocation_no_form_is_offered_that_would_be_refused(client, invitation, connected):
    found(connected)
    revoke(invitation)
    content = read(client.get(page(invitation, "done")))
    assert "The invitation was withdrawn" in content
    assert not has_form(content)


def test_looking_at_the_address_of_the_form_leads_to_the_done_page(client, invitation, connected):
    found(connected)
    before = rows()
    assert client.get(page(invitation, "correct"))["Location"] == page(invitation, "done")
    assert rows() == before


@pytest.mark.parametrize("body", [b"{}", b"\xff\xfe", b"username=%00&password=%00&submission=x", b""])
def test_no_body_is_an_error_of_ours(client, invitation, connected, body):
    found(connected)
    for name in ("correct", "connect"):
        response = client.post(page(invitation, name), body, content_type="application/x-www-form-urlencoded")
        assert response.status_code in {200, 410}
    assert opened(connected)["password"] == PASSWORD


# --- what else the provider asks for ----------------------------------------------------------------------

EXTRA = {"account_number": "4711", "authenticator_seed": "JBSWY3DP"}
ASKED = "Your provider asks for this"


@pytest.fixture
def demanding():
    return DatasourceFactory(name="Demanding Energy", asks_for=list(EXTRA))


def test_what_the_provider_asks_for_is_demanded_when_connecting(client, invitation, demanding):
    fields = {"provider": demanding.name}
    content = read(client.post(page(invitation, "connect"), answers(**fields)))
    assert content.count(ASKED) == 4  # at each field and in the list above
    assert '<details class="more" open>' in content
    connection = saved(client, invitation, **fields, **EXTRA)
    assert opened(connection) == {"username": "riverside", "password": PASSWORD} | EXTRA


def test_what_the_provider_asks_for_is_demanded_when_correcting(client, invitation, demanding):
    connection = found(saved(client, invitation, provider=demanding.name, **EXTRA))
    content = read(client.post(page(invitation, "correct"), login()))
    assert content.count(ASKED) == 4
    assert '<details class="more" open>' in content
    assert client.post(page(invitation, "correct"), login(**EXTRA)).status_code == 302
    assert opened(connection) == {"username": "the new user", "password": NEW} | EXTRA


def test_what_the_provider_asks_for_is_demanded_when_repairing(client, company, demanding):
    credentials = {"username": "someone", "password": "something", **EXTRA}
    connection = make_connection(company, datasource=demanding, credentials=credentials)
    invitation = create_repair_invitation(connection, by=SYSTEM)
    content = read(client.post(page(invitation, "connect"), login()))
    assert content.count(ASKED) == 4
    assert client.post(page(invitation, "connect"), login(**EXTRA)).status_code == 302
    assert opened(connection) == {"username": "the new user", "password": NEW} | EXTRA


def test_secret_extras_come_back_in_no_page(client, invitation, demanding):
    fields = {"provider": demanding.name, "security_answer": "first pet", **EXTRA, "password": ""}
    content = read(client.post(page(invitation, "connect"), answers(**fields)))
    assert "JBSWY3DP" not in content
    assert "first pet" not in content


@pytest.mark.parametrize("status", [Status.MFA_TOKEN_EXPIRED, Status.ADDITIONAL_CREDENTIALS_NEEDED])
def test_the_fields_that_the_check_wants_stand_open(client, invitation, connected, status):
    assert '<details class="more">' in read(client.get(page(make_invitation(), "connect")))
    found(connected, status)
    assert '<details class="more" open>' in read(client.get(page(invitation, "state")))


# --- the invitation to repair -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "connect"])
@pytest.mark.parametrize("status", MENDABLE_STATES)
def test_the_page_names_the_provider_and_the_reason(client, company, name, status):
    connection = found(make_connection(company), status)
    content = read(client.get(page(create_repair_invitation(connection, by=SYSTEM), name)))
    assert f"The login at {connection.provider_name} needs your help" in content
    assert WORDS[status].title in content
    assert WORDS[status].sentence in content


@pytest.mark.parametrize("status", sorted(set(OTHER_STATES) - {Status.CONNECTED}))
def test_where_a_new_login_would_not_help_nobody_is_asked_for_help(client, company, status):
    connection = found(make_connection(company), status)
    invitation = create_repair_invitation(connection, by=SYSTEM)
    content = read(client.get(page(invitation, "connect")))
    assert WORDS[status].title in content
    assert "You do not need to do anything about this" in content
    assert "needs your help" not in content
    assert client.post(page(invitation, "connect"), login()).status_code == 302
    assert opened(connection)["password"] == NEW


def test_on_a_healthy_connection_there_is_nothing_to_do_and_a_new_password_is_taken(client, company):
    connection = found(make_connection(company), Status.CONNECTED)
    invitation = create_repair_invitation(connection, by=SYSTEM)
    for name in ("", "connect"):
        assert "There is nothing to do" in read(client.get(page(invitation, name)))
    assert client.post(page(invitation, "connect"), login()).status_code == 302
    connection.refresh_from_db()
    assert (opened(connection)["password"], connection.status) == (NEW, Status.PENDING)


def test_a_connection_that_waits_says_that_it_is_being_checked(client, company):
    invitation = create_repair_invitation(make_connection(company), by=SYSTEM)
    assert "The login is being checked" in read(client.get(page(invitation, "connect")))


def test_a_repair_keeps_the_connection_spends_one_use_and_is_followed(client, broken, to_repair):
    response = client.post(page(to_repair, "connect"), login())
    assert (response.status_code, response["Location"]) == (302, page(to_repair, "done"))
    broken.refresh_from_db()
    to_repair.refresh_from_db()
    assert (broken.status, opened(broken)["password"]) == (Status.PENDING, NEW)
    assert (Connection.objects.count(), to_repair.use_count) == (1, 1)
    assert "data-waiting" in read(client.get(page(to_repair, "state")))
    content = read(client.get(page(to_repair, "done")))
    assert broken.provider_name in content
    assert "Connect another account" not in content


def test_a_repair_that_is_refused_again_is_corrected_without_another_use(client, broken):
    invitation = create_repair_invitation(broken, by=SYSTEM, max_uses=1)
    client.post(page(invitation, "connect"), login(password="wrong again"))
    found(broken)
    assert client.post(page(invitation, "correct"), login()).status_code == 302
    invitation.refresh_from_db()
    assert (opened(broken)["password"], invitation.use_count) == (NEW, 1)


def test_the_provider_cannot_be_changed(client, broken, to_repair):
    content = read(client.get(page(to_repair, "connect")))
    assert broken.provider_name in content
    assert not re.search(r'name="(provider|datasource|url|sites|country)"', content)
    before = Connection.objects.values("datasource", "url", "country", "company", "owner_email").get()
    other = DatasourceFactory()
    forged = {
        "provider": other.name,
        "datasource": str(other.pk),
        "url": "https://evil.example/login",
        "country": "FR",
        "owner_email": "evil@example.com",
        "connection": str(make_connection().pk),
        "status": "CONNECTED",
    }
    assert client.post(page(to_repair, "connect"), login(**forged)).status_code == 302
    assert (
        Connection.objects.values("datasource", "url", "country", "company", "owner_email").get(pk=broken.pk) == before
    )
    broken.refresh_from_db()
    assert broken.status == Status.PENDING


def test_a_repair_posted_again_is_saved_once(client, broken):
    invitation = create_repair_invitation(broken, by=SYSTEM, max_uses=1)
    filled = login()
    for _ in range(3):
        assert client.post(page(invitation, "connect"), filled)["Location"] == page(invitation, "done")
    invitation.refresh_from_db()
    assert (invitation.use_count, Credential.objects.get(connection=broken).version) == (1, 2)
    assert InvitationEvent.objects.filter(type="USED").count() == 1


def test_the_page_never_shows_what_the_vault_has(client, company):
    connection = found(make_connection(company, credentials={"username": "old user", "password": "old secret"}))
    invitation = create_repair_invitation(connection, by=SYSTEM)
    for name in ("", "connect", "done", "state"):
        content = client.get(page(invitation, name)).content.decode()
        assert "old user" not in content
        assert "old secret" not in content


def test_a_form_with_errors_keeps_no_password(client, to_repair):
    content = read(client.post(page(to_repair, "connect"), login(username="")))
    assert "n3w" not in content
    assert "Enter the user name" in content


CLOSED = {
    "revoked": (revoke, "This invitation was withdrawn"),
    "used up": (fulfil, "This invitation has been used"),
    "expired": (expire, "This invitation has expired"),
}


@pytest.mark.parametrize(
    "filled", [None, {}, {"username": ""}], ids=["looked at", "complete form", "form with an error"]
)
@pytest.mark.parametrize(("close", "words"), CLOSED.values(), ids=CLOSED)
def test_a_closed_invitation_repairs_nothing(client, broken, to_repair, close, words, filled):
    close(to_repair)
    before = rows()
    address = page(to_repair, "connect")
    response = client.get(address) if filled is None else client.post(address, login(**filled))
    assert words in read(response, 410)
    assert rows() == before


def test_looking_changes_nothing_but_what_was_viewed(client, broken, to_repair):
    for _ in range(2):
        for name in ("", "verify", "connect", "done", "state", "correct", "proceed", "code"):
            client.get(page(to_repair, name))
            client.head(page(to_repair, name))
    assert [event.type for event in to_repair.events.order_by("pk")] == ["CREATED", "VIEWED"]
    broken.refresh_from_db()
    to_repair.refresh_from_db()
    assert (broken.status, to_repair.use_count) == (Status.PASSWORD_INCORRECT, 0)


@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_a_restricted_repair_needs_the_proof(client, broken, method):
    invitation = create_repair_invitation(broken, by=SYSTEM, allowed_emails=["anna@example.com"])
    before = rows()
    response = getattr(client, method)(page(invitation, "connect"), login())
    assert (response.status_code, response["Location"]) == (302, page(invitation, "verify"))
    assert rows() == before


def test_a_restricted_repair_remembers_who_proved_which_address(client, broken):
    invitation = create_repair_invitation(broken, by=SYSTEM, allowed_emails=["anna@example.com"])
    EmailProof.objects.create(
        invitation=invitation,
        email="anna@example.com",
        secret_hash=hash_secret("secret"),
        expires_at=timezone.now() + timedelta(hours=1),
    )
    client.cookies[f"proof-{invitation.pk.hex}"] = "secret"
    assert client.post(page(invitation, "connect"), login()).status_code == 302
    broken.refresh_from_db()
    assert broken.verified_email == "anna@example.com"


def test_hostile_text_is_text_on_the_pages_of_a_repair(client, company):
    hostile = '"><script>alert(1)</script>{{ 7*7 }}'
    connection = make_connection(company, datasource=DatasourceFactory(name=hostile))
    found(connection, error_detail=hostile)
    invitation = create_repair_invitation(connection, by=SYSTEM, message=hostile)
    for name in ("", "connect"):
        content = read(client.get(page(invitation, name)))
        assert "<script>alert" not in content
        assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in content


def test_a_repair_page_costs_few_queries(client, to_repair):
    with CaptureQueriesContext(database) as captured:
        read(client.get(page(to_repair, "connect")))
    assert len(captured) <= 2, [query["sql"] for query in captured]


def test_every_answer_is_private_and_strict(client, company, invitation, connected):
    found(connected)
    to_repair = create_repair_invitation(connected, by=SYSTEM)
    for response in (
        client.get(page(invitation, "state")),
        Client().get(page(invitation, "state")),
        client.get(page(invitation, "done")),
        client.post(page(invitation, "correct"), login(username="")),
        client.post(page(invitation, "correct"), login()),
        client.get(page(to_repair)),
        client.get(page(to_repair, "connect")),
        client.post(page(to_repair, "connect"), login(password="")),
    ):
        assert response["Cache-Control"] == "no-store"
        assert response["Referrer-Policy"] == "no-referrer"
        assert response["X-Robots-Tag"] == "noindex"
        assert set(response["Content-Security-Policy"].split("; ")) == POLICY
        assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=", response.content.decode())


def test_a_forged_post_from_elsewhere_corrects_nothing(invitation):
    client = Client(enforce_csrf_checks=True)
    for name in ("correct", "connect", "proceed"):
        assert client.post(page(invitation, name), login()).status_code == 403


@pytest.mark.parametrize("name", ["state", "done", "connect"])
def test_each_page_has_one_heading_of_the_first_order(client, invitation, connected, name):
    found(connected)
    to_repair = create_repair_invitation(connected, by=SYSTEM)
    content = read(client.get(page(to_repair if name == "connect" else invitation, name)))
    assert content.count("<h1") == 1
