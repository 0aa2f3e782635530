"""Pages that stay with whoever opened them."""

from django.http import HttpResponse


def set_private_headers(response: HttpResponse) -> HttpResponse:
    """Stored by nobody, listed by no search engine, and its address told to no other site."""
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
