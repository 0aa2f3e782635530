"""Mail scanners and link previews open every link in a mail. That only records a view."""

import json
import re
from html import unescape
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client

from invitations.models import EventType
from invitations.services.verification.codes import request_code
from tests.factories import make_invitation

pytestmark = pytest.mark.django_db(transaction=True)

ANNA, BEN = "anna@example.com", "ben@example.com"
OURS = "^(invitations|connections|companies|django)_"
LOADS = r"<(img|link|script|iframe|object|embed|video|audio|source|style|svg|form|input)\b"


@pytest.fixture
def mails(worker, mail_server):
    invitation = make_invitation(
        allowed_emails=[ANNA, BEN], send_email=True, message="Questions? See https://help.example.com/<b>\nBo"
    )
    request_code(invitation, ANNA, client="visitor")
    worker()
    assert len(mail_server.mails) == 3
    return mail_server.mails


def links_in(mail):
    """Every URL in the text and the HTML, as scanners find them."""
    in_text = re.findall(r"https?://[^\s<>\"']+", mail.text)
    in_html = re.findall(r"https?://[^\s<>\"']+", unescape(mail.html))
    attributes = re.findall(r"(?:href|src|action|background)\s*=\s*[\"']([^\"']+)", mail.html)
    return {unescape(link) for link in in_text + in_html + attributes}


def ours(mails):
    """Paths of all pages with the tokens in the mails."""
    tokens = {urlsplit(link).path for mail in mails for link in links_in(mail) if "/p/i/" in link}
    assert len(tokens) == 2
    return [
        f"{path}{name}" for path in tokens for name in ("", "/verify", "/code", "/accept_link", "/connect", "/done")
    ]


def snapshot():
    """All rows of our tables."""
    tables = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE tablename ~ %s", [OURS])
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT to_jsonb(row)::text FROM {table} AS row ORDER BY ctid")
            tables[table] = [json.loads(row) for (row,) in cursor.fetchall()]
    return tables


@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_every_link_counts_as_fetched(mails, method):
    before = snapshot()
    for _ in range(2):
        # browsers would name the destination to this host
        scanner = Client(headers={"User-Agent": "SafeLinks", "Host": "localhost"})
        for path in ours(mails):
            assert getattr(scanner, method)(path, follow=True).status_code == 200
    after = snapshot()

    assert {row.pop("last_fetched_at") is None for row in after["invitations_invitation"]} == {False}
    assert {row.pop("last_fetched_at") for row in before["invitations_invitation"]} == {None}
    changed = {table for table in before if before[table] != after[table]}
    assert changed == {"invitations_invitationevent"}
    new = after["invitations_invitationevent"][len(before["invitations_invitationevent"]) :]
    assert [event["type"] for event in new] == [EventType.FETCHED]


def test_link_works_after_the_scanner(mails):
    for _ in range(2):
        for path in ours(mails):
            Client().get(path, follow=True)
    link = next(urlsplit(link).path for mail in mails for link in links_in(mail) if "/p/i/" in link)
    assert Client().post(f"{link}/accept_link")["Location"] == f"{link}/connect"


def test_code_mail_has_no_link(mails):
    (code_mail,) = (mail for mail in mails if "code" in mail.message["Subject"])
    assert links_in(code_mail) == set()


def test_mails_load_nothing(mails):
    for mail in mails:
        assert not re.search(LOADS, mail.html)
        assert not re.search(r"url\(|@import|\ssrc=|\ssrcset=|background=|\son[a-z]+=|http-equiv", mail.html)
        assert {part.get_content_type() for part in mail.message.walk()} == {
            "multipart/alternative",
            "text/plain",
            "text/html",
        }
