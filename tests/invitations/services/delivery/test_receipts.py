from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from companies.models import StoredMail
from invitations.models import Invitation, Receipt, Use
from invitations.models.tokens import hash_token
from invitations.services.consent import withdraw_consent
from invitations.services.delivery.outages import record_outage
from invitations.services.delivery.receipts import send_receipt
from invitations.services.redemption import Account, redeem_invitation
from tests.factories import CompanyFactory, DatasourceFactory, make_invitation
from tests.invitations.api.uses import CREDENTIALS, spend_use
from tests.invitations.consents import CONSENT

pytestmark = pytest.mark.django_db
OWNER, FORM = "owner@example.com", uuid4()


def used(company, **account):
    account = {"datasource": DatasourceFactory(), "owner_email": OWNER} | account
    return spend_use(make_invitation(company), **account).use


def proven(company, **account):
    use = used(company, **account)
    Use.objects.filter(pk=use.pk).update(email="anna@example.com")
    return use


def test_address_gets_a_receipt(company, jobs):
    use = used(company)
    used(company, owner_email=None)

    (job,) = ProcrastinateJob.objects.filter(task_name="invitations.tasks.send_receipt")
    assert (job.queue_name, job.args) == ("mail", {"use_id": str(use.pk)})


def test_receipt_says_what_was_shared(company, mailoutbox):
    use = proven(company, utility_types=("WATER",))

    assert send_receipt(use.pk) is None
    assert send_receipt(use.pk) is None

    (mail,) = mailoutbox
    receipt = Receipt.objects.get()
    token = mail.body.partition("/p/i/")[2].partition("/withdraw")[0]
    assert mail.to == ["anna@example.com"]
    assert (bytes(receipt.token_hash), receipt.encrypted_token) == (hash_token(token), None)
    for body in (mail.body, mail.alternatives[0][0]):
        for text in (use.connection.provider_name, company.name, company.partner.name, "Latchkey", "Water", token):
            assert text in body
        assert "You can withdraw your consent at any time." in " ".join(body.split())
        assert not any(secret in body for secret in CREDENTIALS.values())


def test_receipt_has_the_invitation_language(company, mailoutbox):
    use = proven(company, utility_types=("WATER",))
    Invitation.objects.update(locale="de-AT")

    send_receipt(use.pk)

    assert "Wasser" in mailoutbox[0].body
    assert "Water" not in mailoutbox[0].body


def test_names_in_receipts_are_text(mailoutbox):
    send_receipt(proven(CompanyFactory(name="<b>A & B</b>")).pk)

    (mail,) = mailoutbox
    assert " ".join(mail.body.split()).count("<b>A & B</b>") == 2
    assert mail.alternatives[0][0].count("&lt;b&gt;A &amp; B&lt;/b&gt;") == 2


def test_same_form_gets_one_receipt(company, jobs):
    for _ in range(2):
        redeem_invitation(
            company.invitations.last() or make_invitation(company),
            form_id=FORM,
            account=Account(url="https://utility.example/", owner_email=OWNER),
            credentials=CREDENTIALS,
            consent=CONSENT,
        )

    assert jobs.names == ["send_receipt"]


def test_typed_address_gets_no_typed_words(company, mailoutbox):
    send_receipt(used(company, datasource=None, url="https://buy-now.example/login").pk)

    (mail,) = mailoutbox
    assert mail.to == [OWNER]
    assert "buy-now" not in mail.body + mail.subject + mail.alternatives[0][0]
    assert "with this address as that of its owner" in mail.body


def test_typed_address_gets_three_receipts_a_day(company, mailoutbox):
    for other in (company, CompanyFactory()):
        for _ in range(3):
            send_receipt(used(other).pk)
    send_receipt(proven(company, owner_email=None).pk)

    assert [mail.to[0] for mail in mailoutbox] == [OWNER] * 3 + ["anna@example.com"]
    assert Receipt.objects.filter(fault="LIMIT", encrypted_token=None).count() == 3


def test_link_sends_twenty_typed_receipts(company, mailoutbox):
    invitation = make_invitation(company)
    for number in range(22):
        connection = spend_use(invitation, url=f"https://u{number}.example/", owner_email=f"{number}@example.com")
        send_receipt(connection.use.pk)

    assert len(mailoutbox) == 20


def test_ended_consent_gets_no_receipt(company, mailoutbox):
    withdrawn, erased = used(company), proven(company)
    withdraw_consent(withdrawn)
    Use.objects.filter(pk=erased.pk).update(email="erased-1@erased.invalid")

    assert [send_receipt(use.pk) for use in (withdrawn, erased)] == [None, None]
    assert (mailoutbox, Receipt.objects.count()) == ([], 0)


def test_receipt_waits_for_an_outage(company, mailoutbox):
    use = used(company)
    record_outage("The mail server could not be reached.")

    assert send_receipt(use.pk) == timedelta(minutes=1)
    receipt = Receipt.objects.get()
    assert (receipt.fault, receipt.sent_at, mailoutbox) == ("SENDER", None, [])
    Receipt.objects.update(created_at=timezone.now() - timedelta(days=6))
    assert send_receipt(use.pk) is None
    assert Receipt.objects.get().encrypted_token is None


def test_receipt_of_test_mode_is_stored(jobs, mailoutbox):
    company = CompanyFactory(is_live=False)

    used(company)

    assert (jobs.names, mailoutbox) == ([], [])
    assert [mail.email for mail in StoredMail.objects.filter(company=company)] == [OWNER]
