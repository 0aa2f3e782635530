"""The example file, which is valid for every company, and the description of each column."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

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

COLUMN_HELP: list[tuple[str, Promise]] = [
    ("email", _("Address of the contributor. Every row needs it; all other columns are optional.")),
    ("externalId", _("Your own reference, such as an order number. The same reference is not invited twice.")),
    ("message", _("Message to this contributor, instead of the message below.")),
    ("maxUses", _("Maximum uses: a number, or “unlimited”.")),
    ("expiresInDays", _("Number of days until the invitation expires, or “never”.")),
    ("locale", _("Language tag, such as en or de-AT.")),
    ("redirectUrl", _("One of the redirect URLs of the partner.")),
    ("reminders", _("Remind this contributor: yes or no.")),
    ("allowForwarding", _("The contributor may forward the invitation: yes or no.")),
    ("datasourceId", _("Provider: its id in the catalogue.")),
    ("url", _("Provider: the address of its login page.")),
    ("country", _("Country code of two letters, such as GB.")),
    ("utilityTypes", _("ELECTRICITY, GAS, WATER, WASTE, FUEL, SOLAR or DISTRICT. Separate several with semicolons.")),
    ("sites", _("Sites of the company: name, external id or id. Separate several with semicolons.")),
    ("connectionOwnerEmail", _("Email address of the account owner.")),
    ("dataCollectionStartDate", _("Date such as 2024-01-31.")),
    ("lockedFields", _("Columns that the contributor cannot change. Separate several with semicolons.")),
]
