from collections.abc import Collection
from uuid import UUID

from django.conf import settings

from invitations.models import Invitation, public_url
from invitations.models.tokens import readable_token


def current_links(invitation_ids: Collection[UUID]) -> dict[UUID, dict[str, str | None]]:
    """Return `token` and `invitationUrl` of each invitation, as the API shows them now. None if it does not decrypt."""
    rows = Invitation.objects.filter(pk__in=invitation_ids).values_list("pk", "encrypted_token")
    tokens = {pk: readable_token(bytes(encrypted), owner_id=pk) for pk, encrypted in rows}
    return {pk: {"token": token, "invitationUrl": token and public_url(token)} for pk, token in tokens.items()}


def has_key_of_newest_token() -> bool:
    """False if the newest invitation was encrypted with a key that this process lacks: so would be what it writes."""
    newest = Invitation.objects.order_by("-pk").values_list("encrypted_token", flat=True).first()
    return newest is None or settings.KEYRING.has_key_of(bytes(newest))
