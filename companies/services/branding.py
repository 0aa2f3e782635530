"""Change the branding of a company, or of a partner for all its companies."""

import re
from collections.abc import Callable
from typing import Any, TypedDict, Unpack
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils.translation import gettext as _

from companies.actors import SYSTEM, Actor
from companies.addresses import normalize_address
from companies.logos import DecodedLogo, decode_logo
from companies.look_alikes import reads_like
from companies.models import Brand, Branding, Company, CompanyEvent, CompanyEventType, Logo, Partner
from companies.models.branding import brand_of
from config.camel_case import to_camel_case
from config.db.advisory_locks import wait_for_lock
from config.exceptions import FieldErrors, InvalidField
from config.typed_text import plain_digits
from config.validators import validate_single_line

MAX_NAME_LENGTH = 100
MAX_PHONE_LENGTH = 40
MAX_URL_LENGTH = 500
PHONE = re.compile(r"\+?[0-9 ()./-]+")
FEWEST_DIGITS = 3  # short numbers exist


class BrandingChanges(TypedDict, total=False):
    """`logo`: the bytes of an uploaded picture. None empties a field."""

    display_name: str | None
    logo: bytes | None
    accent_color: str | None
    support_email: str | None
    support_phone: str | None
    privacy_url: str | None
    shows_operator: bool | None


COLUMN = {"logo": "logo_id"}  # where it is not the field's name


def check_display_name(name: str | None) -> str | None:
    return validate_single_line(name or "", max_length=MAX_NAME_LENGTH, field=("display_name",)) or None


def check_accent_color(color: str | None) -> str | None:
    """Return the colour as `#17594a`; `#` may be missing, and three digits are enough."""
    digits = (color or "").strip().lower().removeprefix("#")
    if re.fullmatch("[0-9a-f]{3}", digits):
        digits = "".join(2 * digit for digit in digits)
    if digits and not re.fullmatch("[0-9a-f]{6}", digits):
        raise InvalidField(("accent_color",), _("Write the colour as # and six digits, such as #17594a."))
    return f"#{digits}" if digits else None


def check_support_email(email: str | None) -> str | None:
    return normalize_address(email, field=("support_email",)) if email else None


def check_support_phone(phone: str | None) -> str | None:
    field = ("support_phone",)
    number = validate_single_line(plain_digits(phone or ""), max_length=MAX_PHONE_LENGTH, field=field)
    digits = sum(letter.isdigit() for letter in number)
    if number and not (PHONE.fullmatch(number) and digits >= FEWEST_DIGITS):
        raise InvalidField(field, _("Write a phone number in digits, such as +44 20 7946 0000."))
    return number or None


def check_privacy_url(url: str | None) -> str | None:
    """Return an `https` URL. A user name in it is refused, because it looks like a host."""
    if not url:
        return None
    try:
        URLValidator(schemes=["https"])(url)
        has_user = urlsplit(url).username is not None
    except (ValidationError, ValueError):
        has_user = True
    if has_user:
        raise InvalidField(("privacy_url",), _("Write a link that begins with https://."))
    if len(url) > MAX_URL_LENGTH:
        message = _("A link may have at most %(number)s characters.") % {"number": MAX_URL_LENGTH}
        raise InvalidField(("privacy_url",), message, code="max_length")
    return url


def check_logo(picture: bytes | None) -> DecodedLogo | None:
    return None if picture is None else decode_logo(picture)


# validators by field; each returns the value as it is stored, or raises `InvalidField`
BRANDING_CHECKS: dict[str, Callable[[Any], Any]] = {
    "display_name": check_display_name,
    "logo": check_logo,
    "accent_color": check_accent_color,
    "support_email": check_support_email,
    "support_phone": check_support_phone,
    "privacy_url": check_privacy_url,
}


def own_branding(owner: Company | Partner) -> Branding:
    """Return the owner's branding, or an empty one that is not stored."""
    stored: Branding | None = getattr(owner, "own_branding", None)
    return stored or Branding(**_owned_by(owner))


def check_branding(owner: Company | Partner, changes: BrandingChanges) -> dict[str, Any]:
    """Return the values by field. Raises `InvalidField` for each wrong one by `BRANDING_CHECKS`.

    A name that reads like the operator's is refused, unless the partner has such a name itself.
    """
    errors = FieldErrors()
    given: dict[str, Any] = {**changes}
    values = {
        name: errors.check(BRANDING_CHECKS[name], value) if name in BRANDING_CHECKS else value
        for name, value in given.items()
    }
    errors.check(_ensure_own_name, owner, values.get("display_name"))
    errors.raise_all()
    return values


def draft_brand(owner: Company | Partner, values: dict[str, Any]) -> Brand:
    """Return what pages would show after a change to `values`, which `check_branding` returned. Stores nothing."""
    stored = own_branding(owner)
    columns = {field.attname: getattr(stored, field.attname) for field in Branding._meta.concrete_fields}
    draft = Branding(**columns | branding_columns(values))
    partners = getattr(owner.partner, "own_branding", None) if isinstance(owner, Company) else None
    return brand_of(draft, partners)


@transaction.atomic
def update_branding(owner: Company | Partner, *, by: Actor = SYSTEM, **changes: Unpack[BrandingChanges]) -> Branding:
    """Change the given fields by the rules of `check_branding`. A logo that no branding shows is deleted."""
    values = check_branding(owner, changes)
    type(owner)._default_manager.select_for_update(no_key=True).get(pk=owner.pk)
    branding, _is_new = Branding.objects.get_or_create(**_owned_by(owner))
    owner.own_branding = branding
    columns, old_logo = branding_columns(values), branding.logo_id
    changed = [name for name in values if columns[COLUMN.get(name, name)] != getattr(branding, COLUMN.get(name, name))]
    if changed:
        _store_logo(values.get("logo"), old_logo)
        for name, value in columns.items():
            setattr(branding, name, value)
        branding.save(update_fields=columns)
        _delete_unused(old_logo)
        _log(owner, changed, by=by)
    return branding


def branding_columns(values: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of what `check_branding` returned."""
    columns = {name: value for name, value in values.items() if name != "logo"}
    if "logo" in values:
        logo: DecodedLogo | None = values["logo"]
        columns["logo_id"] = logo and logo.id
        columns |= {f"logo_{name}": logo and getattr(logo, name) for name in ("width", "height", "backdrop")}
    return columns


def _ensure_own_name(owner: Company | Partner, name: str | None) -> None:
    partner, operator = owner.partner if isinstance(owner, Company) else owner, settings.OPERATOR_NAME
    if name and reads_like(name, operator) and not reads_like(partner.name, operator):
        message = _("This reads like %(operator)s, who runs this service. Choose another name.")
        raise InvalidField(("display_name",), message % {"operator": operator}, code="look_alike")


def _store_logo(logo: DecodedLogo | None, old_logo: str | None) -> None:
    """Store the logo, unless it is there, and lock both: another branding may begin or cease to show one of them."""
    for logo_id in sorted(filter(None, {logo.id if logo else "", old_logo or ""})):
        wait_for_lock(f"logo:{logo_id}")
    if logo:
        Logo.objects.get_or_create(pk=logo.id, defaults={"content": logo.content, "media_type": logo.media_type})


def _delete_unused(logo_id: str | None) -> None:
    """Delete a locked logo that no branding shows."""
    if logo_id and not Branding.objects.filter(logo=logo_id).exists():
        Logo.objects.filter(pk=logo_id).delete()


def _owned_by(owner: Company | Partner) -> dict[str, Any]:
    return {"company": owner} if isinstance(owner, Company) else {"partner": owner}


def _log(owner: Company | Partner, fields: list[str], *, by: Actor) -> None:
    """Append to the log of a company. Partners have none: only staff change theirs, and the admin logs it."""
    if isinstance(owner, Company):
        detail = {"fields": [to_camel_case(name) for name in fields]}
        CompanyEvent.objects.create(company=owner, type=CompanyEventType.UPDATED, detail=detail, **by.event_fields)
