"""Files of a branding. Their URLs say what is in them, so that browsers may keep them for ever."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from companies.accents import accent_digest, accent_sheet
from companies.models import Logo

FOR_EVER = f"public, max-age={365 * 24 * 60 * 60}, immutable"


@require_safe
def accent(request: HttpRequest, accent: str, digest: str) -> HttpResponse:
    """Styles of an accent colour. While two releases run, one may be asked for the styles of the other."""
    response = HttpResponse(accent_sheet(f"#{accent}"), content_type="text/css; charset=utf-8")
    is_this = digest == accent_digest(f"#{accent}")
    response["Cache-Control"] = FOR_EVER if is_this else "no-store"
    return response


@require_safe
def logo(request: HttpRequest, logo_id: str) -> HttpResponse:
    """The logo with this SHA-256. Raises `Http404`."""
    found = get_object_or_404(Logo, pk=logo_id)
    response = HttpResponse(bytes(found.content), content_type=found.media_type)
    response["Cache-Control"] = FOR_EVER
    return response
