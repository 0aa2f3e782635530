"""Rules of the fields of a form, by hand."""

from uuid import UUID

from bench.peer.create import COUNTRIES, UTILITY_TYPES
from bench.peer.problems import Invalid, NotOfThePeer
from bench.peer.submit import Form
from companies.addresses import normalize_address
from config.exceptions import InvalidField
from config.typed_text import clean_typed

FIELDS = {
    "csrfmiddlewaretoken", "form_id", "provider", "datasource", "country", "sites", "utility_types", "owner_email",
    "username", "password", "consent",
}  # fmt: skip


def check_fields(fields: dict[str, str]) -> Form:
    if fields.keys() - FIELDS or fields.get("sites") or fields.get("datasource"):
        raise NotOfThePeer("Sites, choices of providers, extras and dates.")
    username, password = clean_typed(fields.get("username", "")), fields.get("password", "")
    country, kind, owner = fields.get("country"), fields.get("utility_types"), fields.get("owner_email")
    try:
        form_id = UUID(fields.get("form_id", ""))
        owner = normalize_address(owner) if owner else None
    except (ValueError, InvalidField):
        raise Invalid("Enter an address like name@example.com.") from None
    if not username or len(username) > 254 or not password or len(password) > 1000:
        raise Invalid("Enter the user name and the password you log in with.")
    if (country and country not in COUNTRIES) or (kind and kind not in UTILITY_TYPES):
        raise Invalid("Choose a country and a kind of utility.")
    provider = clean_typed(fields.get("provider", ""))
    return Form(
        form_id, provider, country or None, [kind] if kind else [], owner, username, password, fields.get("consent", "")
    )
