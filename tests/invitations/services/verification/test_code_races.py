import re
from collections import Counter

import pytest
from django.db import connection

from config.redaction import JSONFormatter
from invitations.exceptions import CodeAttemptsExceeded, RateLimitExceeded, WrongCode
from invitations.models import EmailProof, EventType, PersonalLink, RateLimitWindow, VerificationCode
from invitations.services.verification.codes import check_code, request_code
from invitations.services.verification.proofs import use_personal_link
from tests.factories import make_invitation
from tests.invitations.clock import pass_time
from tests.invitations.services.verification.codes import ANNA, BEN, ask, enter, wrong
from tests.races import race

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def invitation():
    return make_invitation(allowed_emails=[ANNA, BEN])


def at_once(number, act, times=1):
    """Results of `number` threads that start together, each `times` times."""
    results = race(number, lambda thread: [act(thread * times + index) for index in range(times)])
    assert not [result for result in results if isinstance(result, Exception)]
    return [result for batch in results for result in batch]


def test_four_hundred_wrong_codes_never_pass(invitation):
    codes = []
    for _ in range(3):
        codes.append(ask(invitation))
        pass_time(seconds=31)
    taken = {code.digits for code in codes}
    guesses = [digits for digits in (f"{number:06d}" for number in range(410)) if digits not in taken]

    outcomes = at_once(20, lambda n: enter(invitation, guesses[n]), times=20)

    kinds = Counter(outcomes)
    assert kinds.total() == 400
    assert kinds[WrongCode] <= 4
    assert kinds[WrongCode] + kinds[CodeAttemptsExceeded] == 400
    assert {code.tries for code in VerificationCode.objects.all()} == {5}
    (logged,) = invitation.events.filter(type=EventType.VERIFICATION_FAILED)
    assert logged.detail["count"] == 400
    assert RateLimitWindow.objects.get(key=f"wrong-codes:{invitation.pk}:").count == 15, "each try met three codes"
    # correct codes fail, too, but a new one does not
    assert {enter(invitation, code) for code in codes} == {CodeAttemptsExceeded}
    assert not EmailProof.objects.exists()
    assert isinstance(enter(invitation, ask(invitation)), EmailProof)


def test_threads_get_five_attempts_at_most(invitation):
    for _ in range(5):
        code = ask(invitation)
        guesses = [wrong(invitation)] * 19 + [code.digits]
        at_once(20, lambda n, guesses=guesses: enter(invitation, guesses[n]))
        code.refresh_from_db()
        # every compared code was counted; the correct one passes only if it was among the first five
        assert code.tries <= 5
        assert EmailProof.objects.count() <= 1
        assert bool(code.used_at) is EmailProof.objects.exists()
        EmailProof.objects.all().delete()
        pass_time(minutes=20)


def test_right_code_proves_once(invitation):
    code = ask(invitation)
    outcomes = at_once(5, lambda n: enter(invitation, code))
    assert [type(each) for each in outcomes].count(EmailProof) == 1
    assert EmailProof.objects.count() == 1


def test_concurrent_requests_get_one_code(invitation):
    outcomes = at_once(10, lambda _: outcome_of_asking(invitation, ANNA))
    assert Counter(outcomes) == {VerificationCode: 1, RateLimitExceeded: 9}
    assert VerificationCode.objects.count() == 1


def test_concurrent_addresses_get_thirty_codes(invitation):
    outcomes = at_once(20, lambda n: outcome_of_asking(invitation, f"person{n}@example.com"), times=2)
    assert Counter(outcomes) == {VerificationCode: 30, RateLimitExceeded: 10}
    assert VerificationCode.objects.count() == 30


def outcome_of_asking(invitation, email):
    try:
        return type(request_code(invitation, email, client="visitor"))
    except RateLimitExceeded:
        return RateLimitExceeded


def everything_stored():
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT row::text FROM {table} AS row")
            yield from (text for (text,) in cursor.fetchall())


def test_no_secret_is_stored_or_logged(client, caplog, company, mailoutbox):
    caplog.set_level("DEBUG")
    invitation = make_invitation(company, allowed_emails=[ANNA, BEN], send_email=True)
    links = list(PersonalLink.objects.all())
    code = ask(invitation)
    for token in (invitation.token, links[0].token):
        client.get(f"/p/i/{token}")
        client.post(f"/p/i/{token}/verify", {"email": ANNA})
        client.post(f"/p/i/{token}/code", {"code": wrong(invitation)})
    _, secret = check_code(invitation, ANNA, code.digits, requested=[code.pk])
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
