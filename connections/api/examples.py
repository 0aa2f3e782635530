"""Examples for the OpenAPI document."""

from typing import Any

CONNECTION_BODY: dict[str, Any] = {
    "url": "https://portal.stadtwerke.example/login",
    "username": "riverside",
    "password": "what the utility knows",
    "country": "DE",
    "utilityTypes": ["ELECTRICITY"],
}
CONNECTION: dict[str, Any] = {
    "id": "019ab5d2-5b77-7d3a-b1c4-93f0a2e8d6f5",
    "companyId": "019ab5d2-3c4e-7f10-8a52-6d1f0c9b7e21",
    "datasourceId": None,
    "datasourceName": "portal.stadtwerke.example",
    "url": "https://portal.stadtwerke.example/login",
    "status": "PENDING",
    "statusErrorDetail": None,
    "country": "DE",
    "utilityTypes": ["ELECTRICITY"],
    "siteIds": [],
    "connectionOwnerEmail": None,
    "dataCollectionStartDate": None,
    "verifiedEmail": None,
    "invitationId": None,
    "createdAt": "2026-11-25T09:40:00.000000Z",
    "updatedAt": "2026-11-25T09:40:00.000000Z",
}
CONNECTED = {**CONNECTION, "status": "CONNECTED"}
EVENT: dict[str, Any] = {
    "id": "019ab5d2-5b78-7e21-8c40-5f1a0b6c7d88",
    "type": "CREATED",
    "createdAt": "2026-11-25T09:40:00.000000Z",
    "actor": "PARTNER",
    "apiKey": "lk_4f0c21aa",
    "email": None,
    "detail": {},
}
CONNECTION_DETAILS = {
    **CONNECTION,
    "statusHistory": [
        {
            "status": "PENDING",
            "statusErrorDetail": None,
            "createdAt": "2026-11-25T09:40:00.000000Z",
            "actor": "PARTNER",
            "apiKey": "lk_4f0c21aa",
            "email": None,
        }
    ],
    "events": [EVENT],
}
CONNECTION_EVENTS = {"events": [EVENT], "perPage": 50, "hasNext": False, "nextCursor": None}
CREDENTIALS = {
    "connectionId": CONNECTION["id"],
    "url": CONNECTION["url"],
    "credentialsVersion": 1,
    "username": "riverside",
    "password": "what the utility knows",
    "accountNumber": None,
    "securityAnswer": None,
    "securityAnswers": [],
    "authenticatorSeed": None,
}
CONNECTIONS = {"connections": [CONNECTION], "perPage": 50, "hasNext": False, "nextCursor": None}
DATASOURCES = {
    "datasources": [
        {
            "id": "019ab5d2-1f00-7aa1-8d55-2b7c9e04f611",
            "name": "British Gas",
            "loginUrl": "https://www.britishgas.co.uk/identity/",
            "country": "GB",
            "utilityTypes": ["ELECTRICITY", "GAS"],
            "asksFor": [],
        },
        {
            "id": "019ab5d2-1f00-7aa1-8d55-2b7c9e04f612",
            "name": "Demanding Sandbox",
            "loginUrl": "https://sandbox.latchkey.example/login",
            "country": "GB",
            "utilityTypes": ["ELECTRICITY"],
            "asksFor": ["accountNumber", "authenticatorSeed"],
        },
    ]
}
