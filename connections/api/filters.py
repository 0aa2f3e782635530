from typing import Any

from django.db.models import Q
from rest_framework import serializers

from companies.api.fields import EmailFilterField
from config.api.fields import StrictChoiceField, StrictListField
from config.api.query import PageQuery
from config.db.index_hints import prefilter_if_rare
from connections.models import Connection, ConnectionQuerySet
from connections.models.status import Status


class ConnectionQuery(PageQuery):
    status = StrictListField(
        child=StrictChoiceField(Status.choices), required=False, help_text="Repeat it to match any of several."
    )
    connectionOwnerEmail = EmailFilterField(required=False, help_text="Exact address, in upper or lower case.")
    site = serializers.UUIDField(required=False, help_text="Connections of this site.")
    invitationId = serializers.UUIDField(required=False, help_text="Connections that this invitation created.")
    externalId = serializers.CharField(max_length=255, required=False, help_text="Your own reference, exactly.")


def filter_connections(connections: ConnectionQuerySet, query: dict[str, Any]) -> ConnectionQuerySet:
    """Apply the parameters of `listConnections`, except for `status`: see `disjoint_conditions`."""
    if email := query.get("connectionOwnerEmail"):
        connections = connections.filter(owner_email=email)
    if external_id := query.get("externalId"):
        connections = connections.filter(external_id=external_id)
    if site_id := query.get("site"):
        connections = connections.filter(prefilter_if_rare(Connection.objects.all(), Q(sites=site_id)))
    if invitation_id := query.get("invitationId"):
        connections = connections.filter(
            prefilter_if_rare(Connection.objects.all(), Q(origin_invitation_id=invitation_id))
        )
    return connections


def disjoint_conditions(query: dict[str, Any]) -> list[Q]:
    """Return one condition for each `status`, so that each is read by its own index."""
    return [Q(status=status) for status in dict.fromkeys(query.get("status", []))]
