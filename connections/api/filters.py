"""The list's filters."""

from typing import Any

from django.db.models import Q

from config.db.index_hints import prefilter_if_rare
from connections.models import Connection, ConnectionQuerySet


def matching(connections: ConnectionQuerySet, query: dict[str, Any]) -> tuple[ConnectionQuerySet, list[Q]]:
    """Those for which everything holds that `query` asks for, under the wire's names, and one of the cases, if any."""
    if email := query.get("connectionOwnerEmail"):
        connections = connections.filter(owner_email=email)
    if site_id := query.get("site"):
        connections = connections.filter(prefilter_if_rare(Connection.objects.all(), Q(sites=site_id)))
    if invitation_id := query.get("invitationId"):
        connections = connections.filter(
            prefilter_if_rare(Connection.objects.all(), Q(origin_invitation_id=invitation_id))
        )
    return connections, [Q(status=status) for status in dict.fromkeys(query.get("status", []))]
