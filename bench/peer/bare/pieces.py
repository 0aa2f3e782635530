"""The page, from pieces of Latchkey's own that were rendered once for each combination of its parts.

No template engine is as fast.
"""

from datetime import datetime
from functools import cache
from html import escape
from itertools import product
from typing import NamedTuple

from django.http import HttpRequest
from django.template.defaultfilters import linebreaks
from uuid_utils.compat import uuid7

from bench.peer.links import Link
from companies.models import Company, Partner
from invitations.contributor.request import ContributorRequest
from invitations.first_page import first_page_context
from invitations.models import Invitation


class Parts(NamedTuple):
    """Parts of the page that an invitation may have."""

    is_restricted: bool
    has_message: bool
    has_end: bool
    has_limit: bool
    locks_provider: bool
    locks_coverage: bool
    utility_types: tuple[str, ...] = ()


# texts that stand for values in the pieces of the page
TOKEN, PARTNER, COMPANY, MESSAGE = "T" * 43, "PARTNER-PARTNER", "COMPANY-COMPANY", "MESSAGE-MESSAGE"
END, LIMIT = datetime.fromisoformat("1999-12-31T23:58:59+00:00"), 987_654_321
LOCKS_PROVIDER = ({"url"}, {"datasourceId"})
LOCKS_COVERAGE = {"utilityTypes", "initialSites"}


def render(link: Link, token: str) -> str:
    locked, end = set(link.locked_fields), link.expires_at
    parts = Parts(
        is_restricted=bool(link.emails),
        has_message=bool(link.message),
        has_end=end is not None,
        has_limit=bool(link.max_uses),
        locks_provider=any(lock <= locked for lock in LOCKS_PROVIDER),
        locks_coverage=locked >= LOCKS_COVERAGE,
        utility_types=() if link.emails else tuple(link.utility_types),
    )
    return _pieces(parts) % {
        "token": token,
        "partner": escape(link.partner),
        "company": escape(link.company),
        "message": linebreaks(link.message, autoescape=True) if link.message else "",
        "iso": end and end.isoformat(),
        "end": end and _as_text(end),
        "left": link.max_uses and link.max_uses - link.use_count,
    }


def prepare() -> None:
    """Render the pieces of every combination of parts."""
    for combination in product([False, True], repeat=len(Parts._fields) - 1):
        _pieces(Parts(*combination))


@cache
def _pieces(parts: Parts) -> str:
    """Let Latchkey render the page of an invitation with these parts, with `%(name)s` in place of each value."""
    html = _page_of(parts).replace("%", "%%")
    for text, name in {
        TOKEN: "token",
        PARTNER: "partner",
        COMPANY: "company",
        f"<p>{MESSAGE}</p>": "message",
        END.isoformat(): "iso",
        _as_text(END): "end",
        str(LIMIT): "left",
    }.items():
        html = html.replace(text, f"%({name})s")
    return html


def _page_of(parts: Parts) -> str:
    prefill: dict[str, object] = {"lockedFields": [], "utilityTypes": parts.utility_types}
    if parts.locks_provider:
        prefill |= {"url": "https://example.com/", "lockedFields": ["url"]}
    if parts.locks_coverage:
        prefill |= {"utilityTypes": parts.utility_types or ["GAS"], "initialSites": [str(uuid7())]}
        prefill["lockedFields"] = [*prefill["lockedFields"], *LOCKS_COVERAGE]  # type: ignore[misc]
    example = Invitation(
        company=Company(name=COMPANY, partner=Partner(name=PARTNER)),
        invitation_type="CREATE_CONNECTION",
        allowed_emails=["a@example.com"] if parts.is_restricted else [],
        message=MESSAGE if parts.has_message else None,
        expires_at=END if parts.has_end else None,
        max_uses=LIMIT if parts.has_limit else None,
        prefill=prefill,
    )
    for owner in (example.company, example.company.partner):
        owner._state.fields_cache["own_branding"] = None  # there is no database to ask
    request = HttpRequest()
    request.offers_languages = True  # type: ignore[attr-defined]
    page = ContributorRequest(request, example, TOKEN)
    context = first_page_context(example, TOKEN) | {"shows_details": not parts.is_restricted}
    return page.render("invitation", **context, proof=None, results=[]).content.decode()


def _as_text(moment: datetime) -> str:
    return f"{moment:%A} {moment.day} {moment:%B %Y, %H:%M}"
