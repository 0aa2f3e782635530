import pytest

from companies.actors import SYSTEM, Actor
from config.exceptions import InvalidField
from invitations.exceptions import InvitationExpired, InvitationFulfilled, InvitationRevoked, RateLimitExceeded
from invitations.models import DeliveryStatus, EmailProof, EventType, Invitation, PersonalLink
from invitations.models.status import Status
from invitations.services.address_correction import correct_address
from invitations.services.delivery.reports import record_delivery_report
from invitations.services.delivery.send import resend_invitation
from invitations.services.verification.codes import check_code, request_code
from invitations.services.verification.proofs import use_personal_link
from tests.factories import UserFactory, make_invitation
from tests.invitations.admin.pages import in_every_status
from tests.invitations.clock import pass_time

pytestmark = pytest.mark.django_db

WRONG, RIGHT, BEN = "anna@exmaple.com", "anna@example.com", "ben@example.com"


@pytest.fixture
def invitation(company):
    return make_invitation(company, allowed_emails=[WRONG, BEN], send_email=True)


@pytest.fixture
def staff():
    return Actor.staff(UserFactory(name="Mary Okafor"))


def stored(invitation):
    return Invitation.objects.get(pk=invitation.pk)


def logged(invitation):
    return [(event.type, event.email, event.detail) for event in invitation.events.order_by("pk")][1:]


def test_new_address_replaces_the_old(invitation, staff):
    corrected = correct_address(invitation, by=staff, old=WRONG, new=RIGHT)

    assert corrected.allowed_emails == stored(invitation).allowed_emails == [RIGHT, BEN]
    assert corrected.url == invitation.url


def test_log_has_both_addresses_and_actor(invitation, staff):
    correct_address(invitation, by=staff, old=WRONG, new=RIGHT)

    detail = {"fields": ["allowedEmails"], "old": WRONG, "new": RIGHT}
    assert logged(invitation) == [("UPDATED", RIGHT, detail), ("RESENT", None, {"emails": [RIGHT]})]
    assert {event.user for event in invitation.events.exclude(type="CREATED")} == {staff.user}


def test_only_the_new_address_is_mailed(invitation, staff, jobs):
    correct_address(invitation, by=staff, old=WRONG, new=RIGHT)

    assert jobs.names == ["send_invitation"]
    mail = invitation.deliveries.get(email=RIGHT)
    assert (mail.status, mail.round, mail.links.count()) == (DeliveryStatus.QUEUED, 1, 1)
    assert invitation.deliveries.get(email=BEN).links.count() == 1


def test_delivery_of_old_address_stays(invitation, staff):
    mail = invitation.deliveries.get(email=WRONG)
    record_delivery_report(mail.reference, DeliveryStatus.BOUNCED, reason="No such domain")

    correct_address(invitation, by=staff, old=WRONG, new=RIGHT)

    mail.refresh_from_db()
    assert (mail.status, mail.last_error) == (DeliveryStatus.BOUNCED, "No such domain")
    assert invitation.events.filter(type=EventType.DELIVERY_FAILED, email=WRONG).exists()


def test_access_of_old_address_ends(invitation, staff):
    for email in (WRONG, BEN):
        link = PersonalLink.objects.get(delivery__invitation=invitation, delivery__email=email)
        use_personal_link(invitation, link, secret=None)
    code = request_code(invitation, WRONG, client="visitor")

    corrected = correct_address(invitation, by=staff, old=WRONG, new=RIGHT)

    assert not PersonalLink.objects.filter(delivery__email=WRONG).exists()
    assert [proof.email for proof in EmailProof.objects.all()] == [BEN]
    assert PersonalLink.objects.filter(delivery__email=BEN).exists()
    code.refresh_from_db()
    with pytest.raises(Exception, match="That code is too old"):
        check_code(corrected, WRONG, code.digits, requested=[code.pk])


def test_worker_skips_the_old_address(company, worker, mail_server):
    invitation = make_invitation(company, allowed_emails=[WRONG], send_email=True)
    correct_address(invitation, by=SYSTEM, old=WRONG, new=RIGHT)

    worker()

    assert mail_server.recipients == [RIGHT]
    assert invitation.deliveries.get(email=WRONG).last_error == "Not sent: the address was removed from the invitation."


def test_addresses_are_normalized(invitation, staff):
    corrected = correct_address(invitation, by=staff, old=f" {WRONG.upper()} ", new=" Anna@EXAMPLE.com ")

    assert corrected.allowed_emails == [RIGHT, BEN]


def test_correcting_back_begins_a_new_round(invitation, staff):
    correct_address(invitation, by=staff, old=WRONG, new=RIGHT)
    corrected = correct_address(invitation, by=staff, old=RIGHT, new=WRONG)

    assert corrected.allowed_emails == [WRONG, BEN]
    mail = invitation.deliveries.get(email=WRONG)
    assert (mail.round, mail.links.count()) == (2, 1)


@pytest.mark.parametrize(
    ("old", "new", "field", "said"),
    [
        ("nobody@example.com", RIGHT, "old", "This address is not on the invitation any more."),
        ("*@example.org", RIGHT, "old", "This address is not on the invitation any more."),
        (WRONG, BEN, "new", "This address is on the invitation already."),
        (WRONG, WRONG, "new", "This address is on the invitation already."),
        (WRONG, "nonsense", "new", "This is not an email address."),
        (WRONG, "*@example.com", "new", "A star only stands for a whole domain, as in *@example.com."),
        (WRONG, "a@example.com\nBcc: b@example.com", "new", "This is not an email address."),
    ],
)
def test_invalid_address_changes_nothing(company, staff, jobs, old, new, field, said):
    invitation = make_invitation(company, allowed_emails=[WRONG, BEN, "*@example.org"])

    with pytest.raises(InvalidField) as refused:
        correct_address(invitation, by=staff, old=old, new=new)

    assert (refused.value.field, refused.value.detail) == ((field,), said)
    assert stored(invitation).allowed_emails == [WRONG, BEN, "*@example.org"]
    assert logged(invitation) == []
    assert jobs.names == []


@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        (Status.REVOKED, InvitationRevoked),
        (Status.FULFILLED, InvitationFulfilled),
        (Status.EXPIRED, InvitationExpired),
    ],
)
def test_closed_invitation_is_not_corrected(company, staff, status, refusal):
    invitation = in_every_status(company)[status]
    Invitation.objects.filter(pk=invitation.pk).update(allowed_emails=[WRONG])

    with pytest.raises(refusal):
        correct_address(invitation, by=staff, old=WRONG, new=RIGHT)

    assert stored(invitation).allowed_emails == [WRONG]


def test_corrections_and_resends_share_a_limit(invitation, staff):
    for number in range(5):
        resend_invitation(invitation, by=staff, emails=[BEN])
        correct_address(invitation, by=staff, old=stored(invitation).allowed_emails[0], new=f"a{number}@example.com")

    with pytest.raises(RateLimitExceeded):
        correct_address(invitation, by=staff, old="a4@example.com", new=RIGHT)
    assert stored(invitation).allowed_emails == ["a4@example.com", BEN]

    pass_time(hours=1)
    assert correct_address(invitation, by=staff, old="a4@example.com", new=RIGHT).allowed_emails == [RIGHT, BEN]
