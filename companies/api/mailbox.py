"""Mails of test mode."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from companies.api.base import PartnerViewSet
from companies.api.fields import EmailFilterField
from companies.api.permissions import HasRequiredScope, HasTestKey
from companies.exceptions import TestKeyRequired
from companies.models import Scope, StoredMail
from companies.services.mailbox import read_mail
from config.api.pagination import KeysetPagination
from config.api.query import PageQuery
from config.api.representation import Representation
from config.api.schema import errors

LINK = "https://connect.example.com/p/i/mE3vT0yq1kq4kY0cVJm5b2Zr9w8oQ7aXhL6sNdPfGtU"
UNREADABLE = "Null if the stored mail cannot be decrypted."


class MailSerializer(serializers.Serializer[Any]):
    """A mail of test mode. It was not sent."""

    example = {
        "to": "jane@example.com",
        "subject": "Riverside Bakeries asks you to connect an account",
        "text": f"Hello, ...\n\n{LINK}\n",
        "html": "<!doctype html>...",
        "links": [LINK],
    }
    id = serializers.UUIDField()
    to = serializers.CharField(source="email")
    subject = serializers.CharField(allow_null=True, help_text=UNREADABLE)
    text = serializers.CharField(allow_null=True, help_text=UNREADABLE)
    html = serializers.CharField(allow_null=True, help_text=UNREADABLE)
    links = serializers.ListField(child=serializers.CharField(), help_text="URLs in the text, in their order.")
    replyTo = serializers.CharField(allow_null=True)
    companyId = serializers.UUIDField(source="company_id", allow_null=True)
    invitationId = serializers.UUIDField(source="resource_id", allow_null=True)
    createdAt = serializers.DateTimeField(source="created_at")


class MailQuery(PageQuery):
    email = EmailFilterField(required=False, help_text="Exact address, in upper or lower case.")
    invitationId = serializers.UUIDField(required=False, help_text="Mails of this invitation.")


_mail = Representation(MailSerializer, computed=["subject", "text", "html", "links", "replyTo"])


class MailboxViewSet(PartnerViewSet):
    permission_classes = (HasTestKey, HasRequiredScope)
    required_scopes: ClassVar[dict[str, Scope | None]] = {"GET": Scope.TEST}
    query_serializers = {"list": MailQuery}
    pagination_class = KeysetPagination.named("mails")

    @extend_schema(
        operation_id="listTestMails",
        summary="List the mails of test mode",
        responses={200: MailSerializer, **errors(TestKeyRequired)},
    )
    def list(self, request: Request) -> Response:
        """Returns the mails that test mode did not send, newest first, for 30 days.

        They are stored at once: the mails of an invitation are here when it was created. Those of a bulk request follow
        a moment later. Send `nextCursor` as `cursor` to get the next page.
        """
        mails = StoredMail.objects.visible_to(self.api_key)
        if email := self.query.get("email"):
            mails = mails.filter(email=email)
        if invitation_id := self.query.get("invitationId"):
            mails = mails.filter(resource_id=invitation_id)
        return self.paginated(mails, lambda rows: [represent_mail(row) for row in rows])


def represent_mail(stored: StoredMail) -> dict[str, Any]:
    mail = read_mail(stored)
    return _mail(
        stored,
        subject=mail and mail.subject,
        text=mail and mail.text,
        html=mail and mail.html,
        links=mail.links if mail else [],
        replyTo=mail and mail.reply_to,
    )
