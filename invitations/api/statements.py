"""SQL of responses with invitations. PostgreSQL writes times and JSON in the form in which they are sent."""

from companies.models import SEEN_BY_FOUND_KEY, key_finder
from config.api.representation import Representation
from config.db.statements import Statement
from config.db.wire_text import expression, json_object
from connections.models import Connection
from invitations.api.deliveries import DeliverySerializer
from invitations.api.serializers import (
    CreatedConnectionSerializer,
    InvitationDetailSerializer,
    InvitationEventSerializer,
    InvitationSerializer,
)
from invitations.models import Delivery, Invitation, InvitationEvent
from invitations.models.status import status_case

LATEST_EVENTS = 100
COMPUTED = ("token", "status", "invitationUrl", "createdConnections")

invitation = Representation(InvitationSerializer, computed=COMPUTED)
detail = Representation(InvitationDetailSerializer, computed=[*COMPUTED, "events", "hasMoreEvents", "deliveries"])
created_connection = Representation(CreatedConnectionSerializer)
event = Representation(InvitationEventSerializer, computed=["apiKey"])
delivery = Representation(DeliverySerializer)

# `Connection.provider_name`
PROVIDER_NAME = r"""coalesce(
    connections_datasource.name,
    trim('[]' FROM substring(lower(connections_connection.url) FROM '^https?://(?:[^/?#]*@)?(\[[^]]*\]|[^/?#:]*)')),
    ''
)"""
CONNECTION_JSON = json_object(created_connection.expressions(Connection, datasourceName=PROVIDER_NAME))
CREATED_CONNECTIONS = f"""
    CASE WHEN invitations_invitation.use_count = 0 THEN '[]'::json ELSE (
        SELECT coalesce(json_agg({CONNECTION_JSON} ORDER BY invitations_use.id), '[]')
        FROM invitations_use
        JOIN connections_connection ON connections_connection.id = invitations_use.connection_id
        LEFT JOIN connections_datasource ON connections_datasource.id = connections_connection.datasource_id
        WHERE invitations_use.invitation_id = invitations_invitation.id
    ) END
"""
# the token is decrypted in Python, and the URL has it
SHARED = {
    "token": "invitations_invitation.encrypted_token",
    "invitationUrl": "NULL",
    "status": expression(Invitation, status_case()),
    "createdConnections": CREATED_CONNECTIONS,
}

_LIST = f"""
    SELECT {invitation.select(Invitation, **SHARED)}
    FROM ({{}}) AS invitations_invitation
    ORDER BY invitations_invitation.id DESC
"""
# `= ANY` and the order: see config.db.index_hints.newest_first_for
PAGE = Statement(
    _LIST.format("""
        SELECT * FROM invitations_invitation
        WHERE company_id = ANY (ARRAY[%(company)s::uuid]) AND id < %(before)s
        ORDER BY company_id, id DESC LIMIT %(limit)s
    """),
    may_be_stale=True,
)
ROWS = Statement(
    _LIST.format("SELECT * FROM invitations_invitation WHERE id = ANY (%(ids)s::uuid[])"), may_be_stale=True
)

# in the order of the index of the log, backwards
_NEWEST_EVENTS = """
    SELECT * FROM invitations_invitationevent
    WHERE invitation_id = ANY (ARRAY[%(invitation)s::uuid]) ORDER BY invitation_id DESC, id DESC
"""
EVENT_JSON = json_object(event.expressions(InvitationEvent, apiKey="companies_apikey.prefix"))
EVENTS = f"""(
    SELECT coalesce(json_agg({EVENT_JSON} ORDER BY invitations_invitationevent.id), '[]')
    FROM ({_NEWEST_EVENTS} LIMIT {LATEST_EVENTS}) AS invitations_invitationevent
    LEFT JOIN companies_apikey ON companies_apikey.id = invitations_invitationevent.api_key_id
)"""
DELIVERY_JSON = json_object(delivery.expressions(Delivery))
DELIVERIES = f"""(
    SELECT coalesce(json_agg({DELIVERY_JSON} ORDER BY invitations_delivery.id), '[]')
    FROM invitations_delivery WHERE invitations_delivery.invitation_id = invitations_invitation.id
)"""
DETAIL = f"""
    SELECT {
    detail.select(
        Invitation,
        **SHARED,
        events=EVENTS,
        hasMoreEvents=f"EXISTS ({_NEWEST_EVENTS} OFFSET {LATEST_EVENTS})",
        deliveries=DELIVERIES,
    )
}, invitations_invitation.send_email
    FROM invitations_invitation JOIN companies_company ON companies_company.id = invitations_invitation.company_id
    WHERE invitations_invitation.id = %(invitation)s AND {SEEN_BY_FOUND_KEY}
"""
find_key_and_detail = key_finder(DETAIL, "invitation")
