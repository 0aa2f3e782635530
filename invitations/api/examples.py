"""Examples for the OpenAPI document."""

from typing import Any

TOKEN = "mE3vT0yq1kq4kY0cVJm5b2Zr9w8oQ7aXhL6sNdPfGtU"  # noqa: S105 - opens nothing

INVITATION_BODY: dict[str, Any] = {
    "expiresInSeconds": 1209600,
    "maxUses": 1,
    "message": "Please connect the electricity account of the bakery.",
    "prefill": {"country": "GB", "utilityTypes": ["ELECTRICITY"], "lockedFields": ["country"]},
    "externalId": "order-7781",
    "metadata": {"campaign": "autumn"},
}
INVITATION: dict[str, Any] = {
    "id": "019ab5d2-6c10-7b44-9d3a-52f0c6a1e7b8",
    "token": TOKEN,
    "invitationType": "CREATE_CONNECTION",
    "status": "ACTIVE",
    "invitationUrl": f"https://connect.example.com/p/i/{TOKEN}",
    "companyId": "019ab5d2-3c4e-7f10-8a52-6d1f0c9b7e21",
    "connectionId": None,
    "allowedEmails": [],
    "expiresAt": "2026-12-09T09:32:00.000000Z",
    "maxUses": 1,
    "useCount": 0,
    "createdAt": "2026-11-25T09:32:00.000000Z",
    "updatedAt": "2026-11-25T09:32:00.000000Z",
    "prefill": {"country": "GB", "utilityTypes": ["ELECTRICITY"], "lockedFields": ["country"]},
    "createdConnections": [],
    "message": "Please connect the electricity account of the bakery.",
    "locale": "en",
    "externalId": "order-7781",
    "metadata": {"campaign": "autumn"},
    "redirectUrl": None,
    "revokedAt": None,
}
INVITATIONS = {"invitations": [INVITATION], "perPage": 50, "hasNext": False, "nextCursor": None}
INVITATION_DETAIL = {
    **INVITATION,
    "events": [
        {
            "id": "019ab5d2-6c11-70aa-8b21-0d9c4f3e5a67",
            "type": "CREATED",
            "createdAt": "2026-11-25T09:32:00.000000Z",
            "actor": "PARTNER",
            "apiKey": "lk_4f0c21aa",
            "email": None,
            "detail": {},
        }
    ],
    "deliveries": [],
}
REPAIR = {
    **INVITATION,
    "invitationType": "EDIT_CONNECTION",
    "connectionId": "019ab5d2-5b77-7d3a-b1c4-93f0a2e8d6f5",
    "allowedEmails": ["jane@example.com"],
    "prefill": {},
    "message": None,
}
RESTRICTED = {**INVITATION, "allowedEmails": ["jane@example.com"]}
REVOKED = {**INVITATION, "status": "REVOKED", "revokedAt": "2026-11-26T08:00:00.000000Z"}
