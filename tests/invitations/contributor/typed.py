"""Values that a contributor types, and what the form shows of them."""

import re
from typing import Any

TYPED: dict[str, Any] = {
    "provider": "Anna’s Energy",
    "country": "FR",
    "utility_types": ["GAS", "WATER"],
    "owner_email": "owner@utility.example",
    "collection_start_date": "2024-02-29",
}
NOTHING = {name: type(value)() for name, value in TYPED.items()}


def values(content: str) -> dict[str, Any]:
    """Values of the form by field."""
    shown = dict(re.findall(r'<input [^>]*name="(\w+)" value="([^"]*)"', content))
    checked = re.findall(r'name="(\w+)" value="([^"]*)"[^>]* checked', content)
    country = re.search(r'<option value="(\w\w)" selected', content)
    return {
        "provider": shown.get("provider", ""),
        "country": country[1] if country else "",
        "utility_types": [value for name, value in checked if name == "utility_types"],
        "owner_email": shown.get("owner_email", ""),
        "collection_start_date": shown.get("collection_start_date", ""),
    }
