"""Response headers of pages that only their visitor may see."""

from django.http import HttpResponse


def set_private_headers(response: HttpResponse) -> HttpResponse:
    """Forbid caching, search engines and referrers."""
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
