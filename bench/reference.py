"""Reference for comparison: a bare ModelViewSet of REST framework over the same table."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import include, path
from django.utils import timezone
from rest_framework import authentication, exceptions, permissions, serializers, viewsets
from rest_framework.request import Request
from rest_framework.routers import DefaultRouter
from uuid_utils.compat import uuid7

from companies.models import ApiKey, Partner, hash_api_key
from config.http.health import healthz
from invitations.models import Invitation
from invitations.models.tokens import encrypt_token, hash_token, new_token


class PlainKeyAuthentication(authentication.BaseAuthentication):
    """Reads the key and its partner with one query each."""

    def authenticate(self, request: Request) -> tuple[Any, ApiKey]:
        key = ApiKey.objects.filter(secret_hash=hash_api_key(request.headers["X-API-KEY"])).first()
        if key is None or key.revoked_at or (key.expires_at and key.expires_at <= timezone.now()):
            raise exceptions.AuthenticationFailed
        partner = Partner.objects.get(pk=key.partner_id)
        partner.is_authenticated = True  # type: ignore[attr-defined]
        return partner, key


class InvitationSerializer(serializers.ModelSerializer[Invitation]):
    class Meta:
        model = Invitation
        exclude: ClassVar[list[str]] = ["token_hash", "encrypted_token"]  # bytes are not JSON
        read_only_fields: ClassVar[list[str]] = ["company"]


class InvitationViewSet(viewsets.ModelViewSet[Invitation]):
    authentication_classes = (PlainKeyAuthentication,)
    permission_classes = (permissions.IsAuthenticated,)
    serializer_class = InvitationSerializer

    def get_queryset(self) -> QuerySet[Invitation]:
        mine = Invitation.objects.filter(company__partner=self.request.user)
        return mine.filter(company=self.kwargs["company_id"]).order_by("-pk")

    def perform_create(self, serializer: Any) -> None:
        """Store a valid token, so that Latchkey can show the invitation, too."""
        invitation_id, token = uuid7(), new_token()
        serializer.save(
            id=invitation_id,
            company_id=self.kwargs["company_id"],
            token_hash=hash_token(token),
            encrypted_token=encrypt_token(token, owner_id=invitation_id),
        )


router = DefaultRouter()
router.register("invitations", InvitationViewSet, basename="invitation")
urlpatterns = [
    path("company/<uuid:company_id>/", include(router.urls)),
    path("healthz", healthz),
]
