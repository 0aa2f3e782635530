"""Tell people who open a page from programs that fetch it."""

from django.http import HttpRequest
from django.http.request import split_domain_port

# headers of browsers that fetch a page before, or instead of, showing it
EARLY_FETCH_HEADERS = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_PURPOSE", "HTTP_X_MOZ")
EARLY_FETCHES = ("prefetch", "preview", "prerender")
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def is_page_view(request: HttpRequest, *, may_be_framed: bool = False) -> bool:
    """True if a browser opens the page for a person: a GET for a document that was not fetched early.

    `may_be_framed`: a document in a frame counts, too.

    Browsers name the destination (W3C Fetch Metadata Request Headers). They do not over plain http to another
    machine: there every other GET counts.
    """
    if request.method != "GET" or _is_fetched_early(request):
        return False
    destination = request.META.get("HTTP_SEC_FETCH_DEST")
    if destination:
        return destination == "document" or (may_be_framed and destination == "iframe")
    return not _is_trustworthy(request)


def _is_fetched_early(request: HttpRequest) -> bool:
    purposes = [request.META.get(name, "").lower() for name in EARLY_FETCH_HEADERS]
    return any(word in purpose for purpose in purposes for word in EARLY_FETCHES)


def _is_trustworthy(request: HttpRequest) -> bool:
    """True if browsers send Fetch Metadata to this origin."""
    host, _port = split_domain_port(request.get_host())
    return request.is_secure() or host in LOOPBACK or host.endswith(".localhost")
