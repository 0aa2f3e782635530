"""Responses and their times do not reveal whether an address is allowed."""

import re
import statistics
import sys
import time
from collections import defaultdict

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from invitations.models import EmailProof, PersonalLink, RateLimitWindow, VerificationCode
from tests.factories import make_invitation
from tests.fuzzing import FUZZ_FACTOR
from tests.invitations.answers import page
from tests.invitations.clock import pass_time
from tests.invitations.contributor.steps import (
    ANNA,
    OTTO,
    enter_code,
    mail_codes,
    newest_code,
    request_code,
    request_code_twice,
    wrong_digits,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation(company):
    return make_invitation(company, allowed_emails=[ANNA])


VARIES = re.compile(r'value="[A-Za-z0-9]{64}"|/p/i/[A-Za-z0-9_-]{43}')


def shape(response, email):
    """The response without form tokens, ids and the typed address."""
    headers = {name: value for name, value in response.items() if name not in ("X-Request-Id", "Location")}
    cookies = {
        re.sub(r"-[0-9a-f]{32}$", "", name): {key: value for key, value in cookie.items() if key != "expires"}
        for name, cookie in response.cookies.items()
    }
    body = VARIES.sub("…", response.content.decode()).replace(email, "typed")
    return response.status_code, VARIES.sub("…", response.get("Location", "")), headers, cookies, body


def statements(queries):
    """The SQL without its values."""
    value = re.compile(r"'(?:[^']|'')*'|\bs\d+_x\d+\b|\b\d[\d.]*\b|\bNULL\b")  # with the numbers of savepoints
    return [value.sub("?", query["sql"]) for query in queries.captured_queries]


def timed(ask_for, *arguments):
    """The response, its SQL and its time in milliseconds."""
    with CaptureQueriesContext(connection) as queries:
        started = time.perf_counter()
        response = ask_for(*arguments)
        took = time.perf_counter() - started
    return response, statements(queries), took * 1000


def ask_and_miss(client, invitation, email):
    """Shapes, SQL and times of two responses to a new browser: a requested code and a wrong code."""
    client.cookies.clear()
    first, queries, took = timed(client.post, page(invitation, "verify"), {"email": email})
    mail_codes(invitation)
    second, more_queries, took_too = timed(enter_code, client, invitation, wrong_digits(invitation))
    VerificationCode.objects.all().delete()
    RateLimitWindow.objects.all().delete()
    return [shape(first, email), shape(second, email)], [queries, more_queries], [took, took_too]


def test_response_hides_whether_address_is_allowed(client, invitation):
    answers, asked = defaultdict(set), defaultdict(set)
    for number in range(6):
        email = (ANNA, OTTO)[number % 2]
        answer, queries, _ = ask_and_miss(client, invitation, email)
        if number > 1:  # the first response to each address fills caches
            answers[email].add(repr(answer))
            asked[email].add(repr(queries))
    assert len(answers[ANNA]) == len(asked[ANNA]) == 1
    assert answers[ANNA] == answers[OTTO]
    assert asked[ANNA] == asked[OTTO]


PARTS = ("asking", "a wrong code")
# each has two responses for each address; `make fuzz` times two hundred for each
PAIRS = 100 if FUZZ_FACTOR else 40


def measure_pair(client, invitation, number):
    """Times in milliseconds of both responses, each for the allowed and the other address."""
    order = (ANNA, OTTO) if number % 2 else (OTTO, ANNA)  # alternate, because the second may be faster
    took = {email: ask_and_miss(client, invitation, email)[2] for email in order}
    return list(zip(took[ANNA], took[OTTO], strict=True))


def compare(name, pairs):
    """True if the medians differ by less than 15 % and a millisecond, which network jitter hides."""
    allowed, other = (statistics.median(each) for each in zip(*pairs, strict=True))
    apart = statistics.median(one - another for one, another in pairs)
    sys.stdout.write(
        f"\n{name}: allowed {allowed:.2f} ms, not allowed {other:.2f} ms, apart by {apart:.2f} ms (medians)"
    )
    return abs(apart) < 0.15 * other + 1


def test_timing_hides_whether_address_is_allowed(client, invitation, capsys):
    """Compare medians, in up to three rounds, because the machine may be busy."""
    for _ in range(3):
        pairs = [measure_pair(client, invitation, number) for number in range(PAIRS + 1)][1:]
        with capsys.disabled():
            verdicts = [compare(name, [pair[part] for pair in pairs]) for part, name in enumerate(PARTS)]
        if all(verdicts):
            return
    pytest.fail("the response time reveals allowed addresses")


def test_limits_hide_whether_address_is_allowed(company):
    outcomes = {}
    for email in (ANNA, OTTO):
        invitation = make_invitation(company, allowed_emails=[ANNA])
        client = Client()
        answers = request_code_twice(client, invitation, email)
        answers += [enter_code(client, invitation, wrong_digits(invitation)) for _ in range(6)]
        pass_time(minutes=11)
        answers.append(enter_code(client, invitation, wrong_digits(invitation)))
        outcomes[email] = [shape(each, email) for each in answers]
        RateLimitWindow.objects.all().delete()
    assert outcomes[ANNA] == outcomes[OTTO]


def test_right_code_of_removed_address_looks_spent(client, invitation):
    request_code(client, invitation, OTTO)
    response = enter_code(client, invitation, newest_code(invitation).digits)
    assert response.status_code == 200
    assert not EmailProof.objects.exists()
    assert not any(name.startswith("proof") for name in client.cookies)
    assert invitation.events.filter(email=OTTO).count() == 0
    assert not PersonalLink.objects.exists()
