"""Comparison of Latchkey with the peer: refusals, answers, and the rows that they write."""

import json
import re
from collections.abc import Callable, Collection
from datetime import timedelta
from difflib import unified_diff
from functools import partial
from http.client import HTTPResponse
from itertools import islice
from pprint import pformat
from typing import Any

from django.utils import timezone

from bench import Failed
from bench.load import Requests, ask, ask_once
from bench.operations import BROWSER_HEADERS, api_headers, create, form_requests, list_path, open_links
from bench.refusals import refusals
from bench.rows import ID, written
from bench.seed import Seeded
from bench.servers import PROXY_HEADERS
from companies.actors import SYSTEM
from connections.models import Datasource
from connections.services.sandbox import ensure_sandbox
from invitations.models import Invitation
from invitations.services.invitations import create_invitation

INVITATIONS = 50
MAX_SHOWN = 30
HEADERS = (
    "Content-Type",
    "Cache-Control",
    "X-Frame-Options",
    "Content-Security-Policy",
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "Referrer-Policy",
    "Cross-Origin-Opener-Policy",
    "X-Robots-Tag",
)
TOKEN = re.compile(r"/p/i/[\w-]{43}")
WHOLE_SECOND = re.compile(r'(:\d\d)\.0+Z"')
FORM_VALUES = re.compile(r'(name="(?:csrfmiddlewaretoken|form_id)" value=)"[^"]*"')
COOKIE = re.compile(r"result-[0-9a-f]{32}=\w{7,8}\.[\w-]{43}(?=;)")


def compare(seeded: Seeded, project: str, peer: str, names: Collection[str]) -> None:
    """Compare refusals, and what belongs to these operations. Raises `Failed` with the first difference."""
    compare_refusals(seeded, project, peer)
    for name, comparison in COMPARISONS.items():
        if name in names:
            comparison(seeded, project, peer)


def compare_refusals(seeded: Seeded, project: str, peer: str) -> None:
    cases = refusals(seeded, project).items()
    ours, theirs = ({name: ask(url, requests).status for name, requests in cases} for url in (project, peer))
    _ensure_equal("The refusals", ours, theirs)
    if accepted := [name for name, status in ours.items() if status < 400]:
        raise Failed(f"Not refused: {', '.join(accepted)}")


def compare_invitations(seeded: Seeded, project: str, peer: str) -> None:
    newest = Invitation.objects.filter(company=seeded.company).order_by("-pk")
    for pk in newest.values_list("pk", flat=True)[:INVITATIONS]:
        _compare_json(Requests([f"/v2/invitation/{pk}"], api_headers(seeded)), project, peer)


def compare_lists(seeded: Seeded, project: str, peer: str) -> None:
    """Compare the first page, and the one behind it."""
    path = f"{list_path(seeded)}?limit=100"
    page = _compare_json(Requests([path], api_headers(seeded)), project, peer)
    _compare_json(Requests([f"{path}&cursor={page['nextCursor']}"], api_headers(seeded)), project, peer)


def compare_pages(_seeded: Seeded, project: str, peer: str) -> None:
    """Compare pages, except for blanks between their tags."""
    for link in open_links()[:INVITATIONS]:
        requests = Requests([f"/p/i/{link.token}"], BROWSER_HEADERS)
        seen = [_seen(ask_once(url, requests)) for url in (project, peer)]
        _ensure_equal(requests.paths[0], *((headers, _without_blanks(page)) for headers, page in seen))


def compare_views(seeded: Seeded, project: str, peer: str) -> None:
    """Compare the rows of a first and a second view of a person and of a program, and of a later one in that hour."""
    links = [create_invitation(seeded.company, by=SYSTEM) for _ in range(2)]
    for headers in (BROWSER_HEADERS, PROXY_HEADERS):
        for is_later in (False, False, True):
            if is_later:
                earlier = timezone.now() - timedelta(hours=2)
                Invitation.objects.filter(pk__in=[link.pk for link in links]).update(
                    last_viewed_at=earlier, last_fetched_at=earlier
                )
            ours, theirs = (Requests([f"/p/i/{link.token}"], headers) for link in links)
            _compare_rows("view", partial(_status, project, ours), partial(_status, peer, theirs))


def _status(url: str, requests: Requests) -> int:
    return ask_once(url, requests).status


def compare_creations(seeded: Seeded, project: str, peer: str) -> None:
    requests = create(seeded, project).requests

    def answer(url: str) -> Any:
        return [invitation_in(ask_once(url, requests))]

    def invitation_in(response: HTTPResponse) -> Any:
        document = json.loads(response.text)  # type: ignore[attr-defined]
        return _seen(response)[0], sorted(document), document["status"], document["expiresAt"] is None

    _compare_rows("create", lambda: answer(project), lambda: answer(peer))


def compare_submissions(seeded: Seeded, project: str, peer: str) -> None:
    """Compare forms with a provider that collectors serve and with a sandbox, and the last use of a link."""
    served = Datasource.objects.order_by("pk").filter(asks_for=[], is_sandbox=False)[0]
    for provider in (served, ensure_sandbox()):
        for max_uses in (None, 1):
            links = [create_invitation(seeded.company, by=SYSTEM, max_uses=max_uses) for _ in range(2)]
            ours, theirs = (form_requests(project, [f"/p/i/{link.token}/connect"], provider) for link in links)
            _compare_rows("submit", partial(_submit, project, ours, project), partial(_submit, peer, theirs, project))


def _submit(url: str, form: Requests, project: str) -> Any:
    """Return the answer, and the page that its cookie opens at Latchkey."""
    response = ask_once(url, form)
    location, cookie = str(response.headers["Location"]), str(response.headers["Set-Cookie"]).strip()
    page = ask_once(project, Requests([location], {**BROWSER_HEADERS, "Cookie": cookie.partition(";")[0]}))
    result = FORM_VALUES.sub(r"\1", _plain(_seen(page)[1]))
    return _seen(response)[0], _plain(location), _attributes(cookie), result


COMPARISONS: dict[str, Callable[[Seeded, str, str], None]] = {
    "get": compare_invitations,
    "list": compare_lists,
    "again": compare_pages,
    "first": compare_views,
    "create": compare_creations,
    "submit": compare_submissions,
}


def _compare_json(requests: Requests, *urls: str) -> Any:
    """Compare documents. Times without microseconds may be written with zeros or without."""
    seen = [_seen(ask_once(url, requests)) for url in urls]
    answers = [(headers, json.loads(WHOLE_SECOND.sub(r'\1Z"', text))) for headers, text in seen]
    _ensure_equal(f"GET {requests.paths[0]}", *answers)
    return answers[0][1]


def _compare_rows(what: str, ask_project: Callable[[], Any], ask_peer: Callable[[], Any]) -> None:
    with written() as ours:
        our_answer = ask_project()
    with written() as theirs:
        their_answer = ask_peer()
    _ensure_equal(f"{what}: the answers", our_answer, their_answer)
    for table in sorted({*ours, *theirs}):
        _ensure_equal(f"{what}: rows of {table}", ours.get(table), theirs.get(table))


def _seen(response: HTTPResponse) -> tuple[dict[str, list[str]], str]:
    """Return the headers that the peer has, too, and the body."""
    text: str = response.text  # type: ignore[attr-defined]
    # django-csp orders the directives by chance
    return {name: sorted((response.headers[name] or "").split("; ")) for name in HEADERS}, text


def _plain(text: str) -> str:
    return ID.sub("id", TOKEN.sub("/p/i/token", text))


def _without_blanks(page: str) -> str:
    return re.sub(r"\s+", " ", page).replace("> <", "><").strip()


def _attributes(cookie: str) -> set[str]:
    """Return the attributes of a cookie. `Expires` says the same as `Max-Age`, and the peer does not send it."""
    attributes = COOKIE.sub("result", cookie).lower().split("; ")
    return {each for each in attributes if not each.startswith("expires")}


def _ensure_equal(what: str, ours: Any, theirs: Any) -> None:
    if ours != theirs:
        lines = (pformat(each, width=100).splitlines() for each in (ours, theirs))
        shown = islice(unified_diff(*lines, "Latchkey", "peer", n=1, lineterm=""), MAX_SHOWN)
        raise Failed("\n".join([f"{what} differ.", *shown]))
