"""The list's filters."""

from typing import Any

from connections.models import ConnectionQuerySet


def matching(connections: ConnectionQuerySet, query: dict[str, Any]) -> ConnectionQuerySet:
    """Those for which everything holds that `query` asks for, under the wire's names."""
    if statuses := query.get("status"):
        connections = connections.filter(status__in=statuses)
    if email := query.get("connectionOwnerEmail"):
        connections = connections.filter(owner_email__iexact=email.strip())
    if site_id := query.get("site"):
        connections = connections.filter(sites=site_id)
    if invitation_id := query.get("invitationId"):
        connections = connections.filter(use__invitation=invitation_id)
    return connections
