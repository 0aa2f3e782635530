"""What is typed into a field that completes it."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponseBase


def autocomplete(request: HttpRequest) -> HttpResponseBase:
    """Django's own, but for NUL characters: no text of the database has one, and asking for it would be an error."""
    term = request.GET.get("term", "")
    if "\x00" in term:
        query = request.GET.copy()
        query["term"] = term.replace("\x00", "")
        request.GET = query  # type: ignore[assignment]
    view = admin.site.admin_view(admin.site.autocomplete_view)
    return view(request)
