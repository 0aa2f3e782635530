"""Comparison of Latchkey with the peer: answers, and the rows that they write."""

import json
from collections.abc import Collection
from typing import Any

from bench import Failed
from bench.load import Requests, ask_once
from bench.operations import api_headers, list_path
from bench.seed import Seeded
from invitations.models import Invitation

INVITATIONS = 50


def compare(seeded: Seeded, project: str, peer: str, names: Collection[str]) -> None:
    """Compare what belongs to these operations. Raises `Failed` with the first difference."""
    for name, comparison in COMPARISONS.items():
        if name in names:
            comparison(seeded, project, peer)


def compare_invitations(seeded: Seeded, project: str, peer: str) -> None:
    newest = Invitation.objects.filter(company=seeded.company).order_by("-pk")
    for pk in newest.values_list("pk", flat=True)[:INVITATIONS]:
        _compare_json(f"/v2/invitation/{pk}", seeded, project, peer)


def compare_lists(seeded: Seeded, project: str, peer: str) -> None:
    """Compare the first page, and the one behind it."""
    path = f"{list_path(seeded)}?limit=100"
    page = _compare_json(path, seeded, project, peer)
    _compare_json(f"{path}&cursor={page['nextCursor']}", seeded, project, peer)


COMPARISONS = {"get": compare_invitations, "list": compare_lists}


def _compare_json(path: str, seeded: Seeded, *urls: str) -> Any:
    answers = [json.loads(_text(url, Requests([path], api_headers(seeded)))) for url in urls]
    _ensure_equal(f"GET {path}", *answers)
    return answers[0]


def _text(url: str, requests: Requests) -> str:
    return ask_once(url, requests).text  # type: ignore[attr-defined, no-any-return]


def _ensure_equal(what: str, ours: Any, theirs: Any) -> None:
    if ours != theirs:
        raise Failed(f"{what}: the answers differ.\nLatchkey: {ours}\npeer:     {theirs}")
