"""A file to begin with: it holds for every company."""

EXAMPLE: list[dict[str, str]] = [
    {"email": "anna@example.com", "externalId": "order-1001"},
    {
        "email": "Bert Miller <bert@example.com>",
        "externalId": "order-1002",
        "message": "Dear Bert, please connect the two accounts of the bakery.",
        "maxUses": "2",
        "expiresInDays": "30",
        "country": "GB",
        "utilityTypes": "ELECTRICITY; GAS",
        "lockedFields": "country",
    },
    {
        "email": "chloe@example.com",
        "externalId": "order-1003",
        "maxUses": "unlimited",
        "expiresInDays": "never",
        "locale": "en",
        "url": "https://portal.utility.example/login",
        "connectionOwnerEmail": "owner@example.com",
        "dataCollectionStartDate": "2024-01-31",
    },
]

# each column in words, for the page
COLUMN_WORDS: list[tuple[str, str]] = [
    ("email", "Whom to invite. The one column that every row needs."),
    ("externalId", "Your own reference, such as an order number. A row whose reference was invited is left alone."),
    ("message", "What this contributor reads, instead of the message below."),
    ("maxUses", "How many accounts can be connected; “unlimited” for any number."),
    ("expiresInDays", "After how many days the link ends; “never” for no end."),
    ("locale", "Language, such as en or de-AT."),
    ("redirectUrl", "Where the contributor may go on to: an address on the partner’s list."),
    ("datasourceId", "Provider, by its id in the catalogue."),
    ("url", "Provider, by the address of its login page."),
    ("country", "Two letters, such as GB."),
    ("utilityTypes", "ELECTRICITY, GAS, WATER, WASTE, FUEL, SOLAR or DISTRICT; several with semicolons between."),
    ("sites", "Sites of the company, by name, external id or id; several with semicolons between."),
    ("connectionOwnerEmail", "Address of the account’s owner."),
    ("dataCollectionStartDate", "A date such as 2024-01-31."),
    ("lockedFields", "Columns that the contributor may see but not change, with semicolons between."),
]
