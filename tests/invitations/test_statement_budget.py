"""Statements and round trips to the database of each frequent operation. A new one must be worth its time."""

import re
import tempfile
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from psycopg.pq import Trace

from invitations.models import Invitation
from tests.conftest import Api
from tests.factories import SiteFactory, make_api_key, make_invitation
from tests.invitations.answers import answers, page
from tests.invitations.api.uses import spend_use

pytestmark = pytest.mark.django_db(transaction=True)


def asked(act: Callable[[], Any]) -> tuple[int, int]:
    """Number of statements, and of messages to the database that wait for a response, such as BEGIN and COMMIT."""
    connection.ensure_connection()
    libpq = connection.connection.pgconn
    with tempfile.TemporaryFile("w+") as file:
        libpq.trace(file.fileno())
        libpq.set_trace_flags(Trace.SUPPRESS_TIMESTAMPS)
        assert act().status_code in (200, 201, 204, 302)
        libpq.untrace()
        file.seek(0)
        sent = re.findall(r"^F\t\d+\t(\w+)(?:\t \"(\w+))?", file.read(), re.MULTILINE)
    statements = [kind for kind, text in sent if kind == "Execute" or (kind == "Query" and text not in CONTROL)]
    return len(statements), len([kind for kind, _ in sent if kind in ("Query", "Sync")])


CONTROL = ("BEGIN", "COMMIT")


def operations(api: Api, old: Invitation) -> dict[str, Callable[[], Any]]:
    """Operations, with invitations that were not opened."""
    opened, fetched, submitted, typed = (page(make_invitation(old.company)) for _ in range(4))
    form, browser = {"form_id": uuid4(), "country": "GB"}, Client()
    browser.post(f"{typed}/draft", form)
    lists, person = f"invitation/company/{old.company_id}", {"Sec-Fetch-Dest": "document"}
    mailed = {"allowedEmails": ["anna@example.com", "ben@example.com"], "sendEmail": True}
    return {
        "get": lambda: api.get(f"invitation/{old.pk}"),
        "list": lambda: api.get(lists, {"limit": 3}),
        "list, filtered": lambda: api.get(lists, {"invitationType": "CREATE_CONNECTION"}),
        "page, first opened": lambda: Client().get(opened, headers=person),
        "page, opened again": lambda: Client().get(opened, headers=person),
        "page, first fetched": lambda: Client().get(fetched),
        "page, fetched again": lambda: Client().get(fetched),
        "create": lambda: api.post(lists, {"maxUses": 1}),
        "create and mail": lambda: api.post(lists, mailed),
        "form": lambda: Client().get(f"{submitted}/connect", headers=person),
        "form, with a draft": lambda: browser.get(f"{typed}/connect", headers=person),
        "save a draft": lambda: browser.post(f"{typed}/draft", form),
        "submit": lambda: Client().post(f"{submitted}/connect", answers(username=uuid4())),
        "submit again": lambda: Client().post(f"{submitted}/connect", answers(username=uuid4())),
    }


def test_operations_keep_to_their_budget():
    site = SiteFactory()
    api, old = Api(make_api_key(site.company.partner)[1]), make_invitation(site.company)
    spend_use(old)

    for act in operations(api, old).values():  # prepares the statements
        act()
        act()
    assert {name: asked(act) for name, act in operations(api, old).items()} == {
        "get": (1, 1),
        "list": (2, 2),  # the key comes first
        "list, filtered": (3, 3),
        "page, first opened": (2, 2),
        "page, opened again": (1, 1),
        "page, first fetched": (2, 2),
        "page, fetched again": (1, 1),
        "create": (2, 2),
        "create and mail": (5, 7),
        "form": (3, 3),
        "form, with a draft": (4, 4),
        "save a draft": (3, 3),  # with its rate limit
        "submit": (4, 4),
        "submit again": (8, 10),  # looks for the same form, account, and earlier connections
    }
