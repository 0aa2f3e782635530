"""Examples for the OpenAPI document."""

PING = {"partner": "Northwind Energy", "apiKey": "lk_4f0c21aa"}

COMPANY_BODY = {
    "name": "Riverside Bakeries",
    "locale": "en",
    "replyTo": "energy@riverside.example",
    "externalId": "crm-1042",
    "repairsAutomatically": False,
}
COMPANY = {
    "id": "019ab5d2-3c4e-7f10-8a52-6d1f0c9b7e21",
    **COMPANY_BODY,
    "createdAt": "2026-11-25T09:30:00.000000Z",
    "updatedAt": "2026-11-25T09:30:00.000000Z",
}
COMPANIES = {"companies": [COMPANY], "perPage": 50, "hasNext": False, "nextCursor": None}

SITE_BODY = {"name": "Main bakery", "address": "1 Mill Lane, Bath"}
SITE = {
    "id": "019ab5d2-4a11-7c02-9f3e-0b7a6f5d4c33",
    "companyId": COMPANY["id"],
    **SITE_BODY,
    "externalId": None,
    "createdAt": "2026-11-25T09:31:00.000000Z",
    "updatedAt": "2026-11-25T09:31:00.000000Z",
}
SITES = {"sites": [SITE], "perPage": 50, "hasNext": False, "nextCursor": None}
