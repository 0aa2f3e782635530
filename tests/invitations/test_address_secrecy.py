"""Is this address on the list? One answer, one speed."""

import re
import statistics
import sys
import time
from collections import defaultdict

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from invitations.models import EmailProof, PersonalLink, RateWindow, VerificationCode
from tests.factories import make_invitation
from tests.invitations.clock import pass_time
from tests.invitations.test_verify_views import ANNA, OTTO, ask, digits, enter, wrong

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation(company):
    return make_invitation(company, allowed_emails=[ANNA])


VARIES = re.compile(r'value="[A-Za-z0-9]{64}"|/p/i/[A-Za-z0-9_-]{43}')


def shape(response, email):
    """The answer without what is different in every answer anyway: form tokens, ids and what was typed."""
    headers = {name: value for name, value in response.items() if name not in ("X-Request-Id", "Location")}
    cookies = {
        re.sub(r"-[0-9a-f]{32}$", "", name): {key: value for key, value in cookie.items() if key != "expires"}
        for name, cookie in response.cookies.items()
    }
    body = VARIES.sub("…", response.content.decode()).replace(email, "typed")
    return response.status_code, VARIES.sub("…", response.get("Location", "")), headers, cookies, body


def statements(queries):
    """What the database was asked, without the values."""
    value = re.compile(r"'(?:[^']|'')*'|\bs\d+_x\d+\b|\b\d[\d.]*\b|\bNULL\b")  # savepoints have numbers too
    return [value.sub("?", query["sql"]) for query in queries.captured_queries]


def timed(ask_for, *arguments):
    """The answer, what the database was asked, and how many milliseconds it took."""
    with CaptureQueriesContext(connection) as queries:
        started = time.perf_counter()
        response = ask_for(*arguments)
        took = time.perf_counter() - started
    return response, statements(queries), took * 1000


def test_the_answer_does_not_tell_whether_an_address_is_allowed(client, invitation, capsys):
    answers, asked, times = defaultdict(set), defaultdict(set), defaultdict(list)
    for number in range(402):
        email = (ANNA, OTTO)[number % 2]
        client.cookies.clear()
        first, queries, took = timed(ask, client, invitation, email)
        second, more_queries, took_too = timed(enter, client, invitation, wrong(invitation))
        if number > 1:  # the first of each fills caches
            answers[email].add(repr([shape(first, email), shape(second, email)]))
            asked[email].add(repr([queries, more_queries]))
            times[email].append((took, took_too))
        VerificationCode.objects.all().delete()
        RateWindow.objects.all().delete()
    assert len(answers[ANNA]) == len(asked[ANNA]) == 1
    assert answers[ANNA] == answers[OTTO]
    assert asked[ANNA] == asked[OTTO]
    for name, part in (("asking", 0), ("a wrong code", 1)):
        allowed, not_allowed = (statistics.median(row[part] for row in times[email]) for email in (ANNA, OTTO))
        with capsys.disabled():
            sys.stdout.write(f"\n{name}: allowed {allowed:.2f} ms, not allowed {not_allowed:.2f} ms (medians of 200)")
        assert 1 / 3 < allowed / not_allowed < 3


def test_limits_are_told_alike_too(company):
    outcomes = {}
    for email in (ANNA, OTTO):
        invitation = make_invitation(company, allowed_emails=[ANNA])
        client = Client()
        answers = [ask(client, invitation, email), ask(client, invitation, email)]
        answers += [enter(client, invitation, wrong(invitation)) for _ in range(6)]
        pass_time(minutes=11)
        answers.append(enter(client, invitation, wrong(invitation)))
        outcomes[email] = [shape(each, email) for each in answers]
        RateWindow.objects.all().delete()
    assert outcomes[ANNA] == outcomes[OTTO]


def test_the_right_code_of_an_address_that_is_not_allowed_looks_like_one_that_is_spent(client, invitation):
    ask(client, invitation, OTTO)
    response = enter(client, invitation, digits(invitation))
    assert response.status_code == 200
    assert not EmailProof.objects.exists()
    assert not any(name.startswith("proof") for name in client.cookies)
    assert invitation.events.filter(email=OTTO).count() == 0
    assert not PersonalLink.objects.exists()
