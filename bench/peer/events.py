"""SQL that publishes events to partners, in the statement that causes them."""

from bench.peer.api import CREATED_CONNECTIONS, ISO
from companies.services.webhooks.statements import Publication

# queues the job that sends what `published` inserted, if the partner has an active endpoint
WAKE = Publication("published").wake_sql


def _iso(column: str) -> str:
    return f"to_char({column} AT TIME ZONE 'UTC', {ISO})"


def _object(columns: dict[str, str]) -> str:
    pairs = ", ".join(f"'{name}', {sql}" for name, sql in columns.items())
    return f"jsonb_build_object({pairs})"


def invitation_snapshot(*, new_connection: str = "'[]'::jsonb") -> str:
    """Write what an event shows of the row `invitation`. `new_connection`: an array of connections made just now."""
    earlier = f"coalesce({CREATED_CONNECTIONS}::jsonb, '[]')"
    columns = {
        "id": "invitation.id",
        "invitationType": "invitation.invitation_type",
        "status": """CASE WHEN invitation.revoked_at IS NOT NULL THEN 'REVOKED'
            WHEN invitation.use_count >= invitation.max_uses THEN 'FULFILLED'
            WHEN invitation.expires_at <= now() THEN 'EXPIRED' ELSE 'ACTIVE' END""",
        "companyId": "invitation.company_id",
        "connectionId": "invitation.connection_id",
        "allowedEmails": "invitation.allowed_emails",
        "expiresAt": _iso("invitation.expires_at"),
        "maxUses": "invitation.max_uses",
        "useCount": "invitation.use_count",
        "createdAt": _iso("invitation.created_at"),
        "updatedAt": _iso("invitation.updated_at"),
        "prefill": "invitation.prefill",
        "createdConnections": f"{earlier} || {new_connection}",
        "message": "invitation.message",
        "locale": "invitation.locale",
        "externalId": "invitation.external_id",
        "metadata": "invitation.metadata",
        "redirectUrl": "invitation.redirect_url",
        "revokedAt": _iso("invitation.revoked_at"),
        "reminders": "invitation.sends_reminders",
        "allowForwarding": "invitation.allows_forwarding",
        "declinedAt": _iso("invitation.declined_at"),
    }
    return _object(columns)


CONNECTION_SNAPSHOT = _object(
    {
        "id": "connection.id",
        "companyId": "connection.company_id",
        "invitationId": "connection.origin_invitation_id",
        "datasourceId": "provider.id",
        "datasourceName": "provider.name",
        "url": "provider.login_url",
        "country": "connection.country",
        "utilityTypes": "connection.utility_types",
        "siteIds": "'[]'::jsonb",
        "connectionOwnerEmail": "connection.owner_email",
        "verifiedEmail": "connection.verified_email",
        "dataCollectionStartDate": "connection.collection_start_date",
        "externalId": "connection.external_id",
        "metadata": "connection.metadata",
        "status": "connection.status",
        "statusErrorDetail": "connection.status_error_detail",
        "contributorMessage": "connection.contributor_message",
        "createdAt": _iso("connection.created_at"),
        "updatedAt": _iso("connection.updated_at"),
        "deletedAt": _iso("connection.deleted_at"),
    }
)
INVITATION_CONTEXT = _object(
    {
        "invitation": _object(
            {
                "id": "invitation.id",
                "externalId": "invitation.external_id",
                "metadata": "invitation.metadata",
            }
        )
    }
)
CREATED_CONNECTION = _object(
    {
        "id": "connection.id",
        "datasourceName": "provider.name",
        "status": "connection.status",
        "created": _iso("connection.created_at"),
    }
)


def publish(
    alias: str, event_type: str, *, new_id: str, now: str, resource: str, data: str, source: str, context: str = "'{}'"
) -> str:
    """Write a part of a WITH. `source` has one row with the columns of a `company` if the event is to be inserted."""
    return f"""{alias} AS (
        INSERT INTO companies_partnerevent (
            id, partner_id, company_id, is_live, type, resource_id, data, context, created_at
        )
        SELECT {new_id}::uuid, company.partner_id, company.id, company.is_live, '{event_type}', {resource}, {data},
            {context}::jsonb, {now}
        FROM {source} RETURNING partner_id, is_live
    )"""
