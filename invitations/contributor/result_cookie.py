"""Signed cookie of a use. Only the browser that submitted the form sees the result, for a day."""

import re
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from invitations.contributor.cookies import read_cookie, set_cookie
from invitations.models import Invitation, Use

AGE = timedelta(days=1)
PREFIX = "result-"
NAME = re.compile(rf"{PREFIX}([0-9a-f]{{32}})")
SALT = "latchkey.result"


def set_result_cookie(response: HttpResponse, use: Use) -> HttpResponse:
    """Set the cookie and return `response`."""
    set_cookie(response, f"{PREFIX}{use.pk.hex}", Signer(salt=SALT).signature(str(use.pk)), max_age=AGE)
    return response


def read_result(request: HttpRequest, invitation: Invitation, use_id: UUID) -> Use | None:
    """Return the use if this browser submitted it through the invitation."""
    results = _find_uses(invitation, [use_id] if _is_signed(request, use_id) else [])
    return results[0] if results else None


def read_results(request: HttpRequest, invitation: Invitation) -> list[Use]:
    """Return the uses that this browser submitted through the invitation, newest first."""
    use_ids = [UUID(found[1]) for name in request.COOKIES if (found := NAME.fullmatch(name))]
    return _find_uses(invitation, [use_id for use_id in use_ids if _is_signed(request, use_id)])


def _is_signed(request: HttpRequest, use_id: UUID) -> bool:
    signature = read_cookie(request, f"{PREFIX}{use_id.hex}")
    try:
        Signer(salt=SALT).unsign(f"{use_id}:{signature}")
    except BadSignature:
        return False
    return True


def _find_uses(invitation: Invitation, use_ids: Collection[UUID]) -> list[Use]:
    if not use_ids:
        return []
    uses = Use.objects.filter(invitation=invitation, pk__in=use_ids, created_at__gt=timezone.now() - AGE)
    found = list(uses.select_related("connection__datasource").order_by("-pk"))
    for use in found:
        use.invitation = invitation
    return found
