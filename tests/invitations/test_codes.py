"""Codes: how long they work, how often they may be tried and sent, and what nobody learns from them."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.db.models import F

from companies.actors import SYSTEM
from config.redaction import JSONFormatter
from invitations.exceptions import (
    CodeExpired,
    InvitationExpired,
    InvitationFulfilled,
    InvitationRevoked,
    TooManyAttempts,
    TooManyTries,
    WrongCode,
)
from invitations.models import EmailProof, EventType, Invitation, PersonalLink, VerificationCode
from invitations.services import (
    check_code,
    find_proof,
    request_code,
    revoke_invitation,
    rotate_invitation,
    update_invitation,
    use_personal_link,
)
from invitations.services.proofs import send_code
from tests.factories import make_invitation
from tests.invitations.clock import pass_time

pytestmark = pytest.mark.django_db

ANNA, BEN, STRANGER = "anna@example.com", "ben@example.com", "stranger@example.org"


@pytest.fixture
def invitation():
    return make_invitation(allowed_emails=[ANNA, BEN])


def ask(invitation, email=ANNA, client="somebody"):
    return request_code(invitation, email, client=client)


def enter(invitation, code, email=ANNA, client="somebody"):
    """The proof, or the kind of refusal."""
    try:
        return check_code(invitation, email, code if isinstance(code, str) else code.digits, client=client)[0]
    except (WrongCode, CodeExpired, TooManyTries, TooManyAttempts) as refusal:
        return type(refusal)


def wrong(invitation):
    """Digits that no code of the invitation has."""
    taken = {code.digits for code in invitation.codes.all()}
    return next(digits for digits in (f"{number:06d}" for number in range(1000)) if digits not in taken)


def logged(invitation, event_type):
    return list(invitation.events.filter(type=event_type).order_by("pk").values_list("email", "actor", "detail"))


# --- entering ---------------------------------------------------------------------------------------------


def test_a_code_proves_its_address_for_two_hours(invitation):
    proof, secret = check_code(invitation, ANNA, ask(invitation).digits, client="somebody")
    assert (proof.email, proof.invitation) == (ANNA, invitation)
    assert proof.expires_at - proof.created_at == pytest.approx(timedelta(hours=2), abs=timedelta(seconds=1))
    assert find_proof(invitation, secret) == proof
    assert logged(invitation, EventType.EMAIL_VERIFIED) == [(ANNA, "CONTRIBUTOR", {"means": "code"})]


def test_a_code_has_six_digits_and_is_different_each_time(invitation):
    codes = [VerificationCode(invitation=invitation, email=ANNA).digits for _ in range(200)]
    assert all(re.fullmatch("[0-9]{6}", digits) for digits in codes)
    assert len(set(codes)) > 195


def test_a_code_works_once(invitation):
    code = ask(invitation)
    assert isinstance(enter(invitation, code), EmailProof)
    assert enter(invitation, code) is CodeExpired


@pytest.mark.parametrize(("minutes", "outcome"), [(9.9, EmailProof), (10.1, type)])
def test_a_code_works_for_ten_minutes(invitation, minutes, outcome):
    code = ask(invitation)
    pass_time(minutes=minutes)
    result = enter(invitation, code)
    assert isinstance(result, outcome)
    assert result is CodeExpired or outcome is EmailProof


def test_the_fifth_try_may_still_be_right(invitation):
    code = ask(invitation)
    assert [enter(invitation, wrong(invitation)) for _ in range(4)] == [WrongCode] * 4
    assert isinstance(enter(invitation, code), EmailProof)


def test_after_five_wrong_tries_the_right_code_is_worth_nothing(invitation):
    code = ask(invitation)
    outcomes = [enter(invitation, wrong(invitation)) for _ in range(5)]
    assert outcomes == [WrongCode] * 4 + [TooManyTries]
    assert enter(invitation, code) is TooManyTries
    assert not EmailProof.objects.exists()
    assert logged(invitation, EventType.VERIFICATION_FAILED) == [(ANNA, "CONTRIBUTOR", {})] * 6


def test_after_too_many_tries_a_new_code_works(invitation):
    ask(invitation)
    for _ in range(5):
        enter(invitation, wrong(invitation))
    pass_time(seconds=31)
    assert isinstance(enter(invitation, ask(invitation)), EmailProof)


def test_wrong_too_old_and_too_often_are_three_sentences_with_a_way_forward():
    sentences = {kind.sentence for kind in (WrongCode, CodeExpired, TooManyTries)}
    assert len(sentences) == 3
    assert all("new" in sentence for sentence in sentences)


def test_without_any_code_there_is_nothing_to_guess(invitation):
    assert enter(invitation, "000000") is CodeExpired


def test_a_code_is_for_its_address_and_its_invitation_only(invitation):
    other = make_invitation(invitation.company, allowed_emails=[ANNA])
    code = ask(invitation)
    ask(invitation, BEN)
    ask(other)
    assert enter(invitation, code, BEN) is WrongCode
    assert enter(other, code) is WrongCode
    assert isinstance(enter(invitation, code), EmailProof)


def test_the_right_code_of_an_address_that_is_not_allowed_proves_nothing(invitation):
    code = ask(invitation, STRANGER)
    assert enter(invitation, code, STRANGER) is CodeExpired
    assert not EmailProof.objects.exists()
    assert logged(invitation, EventType.VERIFICATION_FAILED) == [(None, "CONTRIBUTOR", {})]


def test_an_address_of_an_allowed_domain_is_allowed():
    invitation = make_invitation(allowed_emails=["*@Example.com"])
    assert isinstance(enter(invitation, ask(invitation)), EmailProof)
    assert not isinstance(enter(invitation, ask(invitation, STRANGER), STRANGER), EmailProof)
    for email in ("*@example.com", "a@sub.example.com", "a@notexample.com", "a@example.com.evil.example"):
        assert not invitation.allows(email)


@pytest.mark.parametrize(
    ("end", "refusal"),
    [
        (lambda invitation: revoke_invitation(invitation, by=SYSTEM), InvitationRevoked),
        (
            lambda invitation: Invitation.objects.update(
                created_at=F("created_at") - timedelta(days=1), expires_at=F("created_at") - timedelta(minutes=1)
            ),
            InvitationExpired,
        ),
        (lambda invitation: Invitation.objects.update(max_uses=1, use_count=1), InvitationFulfilled),
    ],
)
def test_a_closed_invitation_sends_and_takes_no_codes(invitation, end, refusal):
    code = ask(invitation)
    end(invitation)
    invitation.refresh_from_db()
    with pytest.raises(refusal):
        ask(invitation, BEN)
    with pytest.raises(refusal):
        check_code(invitation, ANNA, code.digits, client="somebody")


def test_rotating_and_taking_an_address_off_end_its_codes(invitation):
    for change in (
        lambda: rotate_invitation(invitation, by=SYSTEM),
        lambda: update_invitation(invitation, by=SYSTEM, allowed_emails=[BEN]),
    ):
        code = ask(invitation)
        change()
        update_invitation(invitation, by=SYSTEM, allowed_emails=[ANNA, BEN])
        invitation.refresh_from_db()
        assert enter(invitation, code) is CodeExpired
        pass_time(seconds=31)


# --- sending ----------------------------------------------------------------------------------------------


def test_three_codes_are_alive_and_the_fourth_oldest_is_not(invitation):
    codes = []
    for _ in range(4):
        codes.append(ask(invitation))
        pass_time(seconds=31)
    assert VerificationCode.objects.live().count() == 3
    assert enter(invitation, codes[0]) is WrongCode
    for code in codes[1:]:
        assert isinstance(enter(invitation, code), EmailProof)


def test_half_a_minute_lies_between_two_sends(invitation):
    ask(invitation)
    with pytest.raises(TooManyAttempts, match="in 30 seconds") as refused:
        ask(invitation)
    assert refused.value.retry_after == 30
    ask(invitation, BEN)
    pass_time(seconds=30.1)
    ask(invitation)
    assert invitation.codes.count() == 3


def test_five_codes_an_hour_go_to_one_address(invitation):
    for _ in range(5):
        ask(invitation)
        pass_time(minutes=2)
    with pytest.raises(TooManyAttempts, match="in 50 minutes"):
        ask(invitation)
    ask(invitation, BEN)
    pass_time(minutes=51)
    ask(invitation)


def test_twenty_codes_an_hour_are_sent_for_one_invitation(invitation):
    for number in range(20):
        ask(invitation, f"person{number}@example.com", client=f"client {number}")
    with pytest.raises(TooManyAttempts):
        ask(invitation)
    other = make_invitation(invitation.company, allowed_emails=[ANNA])
    ask(other)
    pass_time(hours=1)
    ask(invitation)


def test_thirty_codes_an_hour_are_sent_for_one_client():
    for number in range(30):
        if number % 15 == 0:
            invitation = make_invitation()
        ask(invitation, f"person{number}@example.com")
    with pytest.raises(TooManyAttempts):
        ask(make_invitation())
    ask(make_invitation(), client="somebody else")


def test_limits_count_alike_whether_an_address_is_allowed_or_not(invitation):
    for email in (ANNA, STRANGER):
        sent = 0
        for _ in range(8):
            try:
                ask(invitation, email)
                sent += 1
            except TooManyAttempts:
                pass
            pass_time(seconds=31)
        assert sent == 5


@pytest.mark.parametrize(("email", "subjects"), [(ANNA, 1), (STRANGER, 0)], ids=["allowed", "not allowed"])
def test_only_an_allowed_address_gets_a_mail(invitation, mailoutbox, email, subjects):
    code = ask(invitation, email)
    assert send_code(code.pk) is None
    assert len(mailoutbox) == subjects
    assert logged(invitation, EventType.CODE_SENT) == [(ANNA, "SYSTEM", {})] * subjects
    assert all(code.digits in mail.body for mail in mailoutbox)


@pytest.mark.django_db(transaction=True)
def test_a_code_leaves_by_the_worker_and_again_when_the_server_was_busy(worker, mail_server, invitation):
    mail_server.answers[ANNA] = ["451 busy"]
    code = ask(invitation)
    worker()
    assert mail_server.mails == []
    worker.later()
    assert code.digits in mail_server.mails[0].text
    assert code.digits in mail_server.mails[0].html
    assert logged(invitation, EventType.CODE_SENT) == [(ANNA, "SYSTEM", {})]


@pytest.mark.django_db(transaction=True)
def test_a_code_that_is_too_old_is_not_sent_any_more(worker, no_mail_server, invitation, jobs):
    ask(invitation)
    worker()
    assert jobs.statuses == ["todo"]
    pass_time(minutes=10)
    worker.later()
    assert jobs.statuses == ["succeeded"]
    assert logged(invitation, EventType.CODE_SENT) == []


@pytest.mark.django_db(transaction=True)
def test_a_code_whose_address_does_not_exist_is_told_to_the_partner(worker, mail_server, invitation, jobs):
    mail_server.answers[ANNA] = ["550 nobody here"]
    ask(invitation)
    worker()
    words = {"reason": "The mail server refused the address: 550 nobody here"}
    assert logged(invitation, EventType.DELIVERY_FAILED) == [(ANNA, "SYSTEM", words)]
    assert jobs.statuses == ["succeeded"]


# --- many at once -----------------------------------------------------------------------------------------


def at_once(number, act, times=1):
    """What `number` threads that start together got, each `times` times."""
    start = Barrier(number)

    def run(thread):
        try:
            start.wait()
            return [act(thread * times + index) for index in range(times)]
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as threads:
        return [result for results in threads.map(run, range(number)) for result in results]


@pytest.mark.django_db(transaction=True)
def test_ten_thousand_wrong_codes_from_twenty_threads_never_pass(invitation):
    codes = []
    for _ in range(3):
        codes.append(ask(invitation))
        pass_time(seconds=31)
    taken = {code.digits for code in codes}
    guesses = [digits for digits in (f"{number:06d}" for number in range(10_010)) if digits not in taken]

    outcomes = at_once(20, lambda n: enter(invitation, guesses[n], client=f"client {n % 1000}"), times=500)

    kinds = Counter(outcomes)
    assert kinds.total() == 10_000
    assert kinds[WrongCode] <= 4
    assert kinds[WrongCode] + kinds[TooManyTries] == 100
    assert kinds[TooManyAttempts] == 9_900
    assert {code.tries for code in VerificationCode.objects.all()} == {5}
    assert invitation.events.filter(type=EventType.VERIFICATION_FAILED).count() == 100
    # the right ones do not pass any more either, nor does a new one before the day is over
    assert {enter(invitation, code, client="another") for code in codes} == {TooManyAttempts}
    assert enter(invitation, ask(invitation), client="another") is TooManyAttempts
    assert not EmailProof.objects.exists()
    pass_time(hours=24)
    assert isinstance(enter(invitation, ask(invitation)), EmailProof)


@pytest.mark.django_db(transaction=True)
def test_no_number_of_threads_gets_more_than_five_tries_at_a_code(invitation):
    for _ in range(5):
        code = ask(invitation)
        guesses = [wrong(invitation)] * 19 + [code.digits]
        at_once(20, lambda n, guesses=guesses: enter(invitation, guesses[n], client=f"client {n}"))
        code.refresh_from_db()
        # how many were compared is how many were counted; the right one passes only among them
        assert code.tries <= 5
        assert EmailProof.objects.count() <= 1
        assert bool(code.used_at) is EmailProof.objects.exists()
        EmailProof.objects.all().delete()
        pass_time(minutes=20)


@pytest.mark.django_db(transaction=True)
def test_the_right_code_in_many_threads_proves_once(invitation):
    code = ask(invitation)
    outcomes = at_once(5, lambda n: enter(invitation, code, client=f"client {n}"))
    assert [type(each) for each in outcomes].count(EmailProof) == 1
    assert EmailProof.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_who_ask_at_once_get_one_code(invitation):
    outcomes = at_once(10, lambda n: outcome_of_asking(invitation, ANNA, n))
    assert Counter(outcomes) == {VerificationCode: 1, TooManyAttempts: 9}
    assert VerificationCode.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_who_ask_at_once_for_many_addresses_get_twenty(invitation):
    outcomes = at_once(20, lambda n: outcome_of_asking(invitation, f"person{n}@example.com", n), times=2)
    assert Counter(outcomes) == {VerificationCode: 20, TooManyAttempts: 20}
    assert VerificationCode.objects.count() == 20


def outcome_of_asking(invitation, email, number):
    try:
        return type(ask(invitation, email, client=f"client {number}"))
    except TooManyAttempts:
        return TooManyAttempts


# --- what nobody finds ------------------------------------------------------------------------------------


def everything_stored():
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT row::text FROM {table} AS row")
            yield from (text for (text,) in cursor.fetchall())


def test_no_code_token_or_secret_is_stored_or_logged_in_clear(client, caplog, company, mailoutbox):
    caplog.set_level("DEBUG")
    invitation = make_invitation(company, allowed_emails=[ANNA, BEN], send_email=True)
    links = list(PersonalLink.objects.all())
    code = ask(invitation)
    send_code(code.pk)
    for token in (invitation.token, links[0].token):
        client.get(f"/p/i/{token}")
        client.post(f"/p/i/{token}/verify", {"email": ANNA})
        client.post(f"/p/i/{token}/code", {"code": wrong(invitation)})
    _, secret = check_code(invitation, ANNA, code.digits, client="somebody")
    _, other_secret = use_personal_link(invitation, links[0], secret=None)
    enter(invitation, "123456")

    stored = "\n".join(everything_stored())
    written = "\n".join(JSONFormatter().format(record) for record in caplog.records)
    assert ANNA in stored
    assert "/p/i/[redacted]" in written
    for found in (secret, other_secret, invitation.token, *(link.token for link in links)):
        assert found not in stored + written
        assert found.encode().hex() not in stored
    for digits in [code.digits, *(each.digits for each in invitation.codes.all())]:
        assert not re.search(rf"(?<![0-9a-f.]){digits}(?![0-9a-f])", stored + written)
    assert ANNA not in written
