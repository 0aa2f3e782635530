"""Response headers of pages that only their visitor may see."""

from django.http import HttpResponse


def set_private_headers(response: HttpResponse) -> HttpResponse:
    """Forbid caching, search engines, and referrers to other sites.

    Not `no-referrer`: browsers would post the forms with `Origin: null`, and over plain http nothing else tells where
    they came from.
    """
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    return response
