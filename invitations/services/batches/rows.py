"""Turn CSV rows into batch rows, and batch rows into the terms of invitations."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django_countries import countries

from companies.addresses import normalize_address, why_no_address
from companies.models import Company
from config.exceptions import InvalidField
from config.typed_text import plain_digits
from config.validators import validate_locale
from connections.models import UtilityType
from connections.services.catalogue import check_country
from connections.services.details import check_start_date
from connections.services.login_pages import parse_login_page
from invitations.models import Batch, BatchRow, RowStatus
from invitations.models.prefill import LOCKABLE, WIRE_NAMES, Prefill
from invitations.services.addresses import parse_address
from invitations.services.batches.csv_reader import CsvRow, split_list
from invitations.services.batches.header import EMAIL, NO_COLUMN
from invitations.services.batches.lookups import Lookups
from invitations.services.batches.spreadsheet import ADVICE, DateReader, reject_shortened
from invitations.services.bulk import Wanted
from invitations.services.terms import INVALID_LIFETIME, Terms, check_terms

SECONDS_A_DAY = 86_400
MAX_DIGITS = 9
YES_OR_NO = {"yes": True, "true": True, "no": False, "false": False}
MAX_EXAMPLE = 50
START_DATE = "dataCollectionStartDate"

# CSV column -> name in the terms or the prefill of an invitation
OWN_TERMS = {
    "externalId": "external_id",
    "message": "message",
    "maxUses": "max_uses",
    "expiresInDays": "expires_in",
    "locale": "locale",
    "redirectUrl": "redirect_url",
    "reminders": "sends_reminders",
    "allowForwarding": "allows_forwarding",
}
PREFILLED = {
    "datasourceId": "datasource_id",
    "url": "url",
    "country": "country",
    "utilityTypes": "utility_types",
    "sites": "initial_sites",
    "connectionOwnerEmail": "connection_owner_email",
    "dataCollectionStartDate": "data_collection_start_date",
    "lockedFields": "locked_fields",
}
COLUMNS = (EMAIL, *OWN_TERMS, *PREFILLED)
LOCK_NAMES = {WIRE_NAMES[name].casefold(): name for name in LOCKABLE} | {"sites": "initial_sites"}


def build_rows(batch: Batch, csv_rows: Sequence[CsvRow]) -> tuple[list[BatchRow], list[str]]:
    """Build an unsaved row, ready or malformed, for each CSV row, with two queries at most.

    Also returns a sentence for each fault that a spreadsheet caused in several rows: how to correct all of them.
    """
    lookups = Lookups.load(batch.company, csv_rows)
    dates = DateReader(row.cells[START_DATE] for row in csv_rows if START_DATE in row.cells)
    advice: dict[tuple[str, str], str] = {}
    readers = [_RowReader(batch.company, csv_row, lookups, dates, advice) for csv_row in csv_rows]
    return [reader.read(batch) for reader in readers], list(advice.values())


def terms_of(batch: Batch, row: BatchRow) -> Wanted:
    """Return the arguments of `create_invitations` for a row. The row's own terms override those of the batch."""
    own = dict(row.terms)
    prefill = own.pop("prefill", None)
    if own.get("expires_in") is not None:
        own["expires_in"] = timedelta(seconds=own["expires_in"])
    shared: Terms = {
        "allowed_emails": [row.email],
        "message": batch.message,
        "max_uses": batch.max_uses,
        "expires_in": batch.expires_in,
        "send_email": batch.send_email,
        "sends_reminders": batch.sends_reminders and batch.send_email,
        "allows_forwarding": batch.allows_forwarding,
    }
    terms: Terms = shared | own  # type: ignore[assignment]
    return Wanted(terms, Prefill.from_json(prefill) if prefill else None)


class _RowReader:
    def __init__(
        self, company: Company, csv_row: CsvRow, lookups: Lookups, dates: DateReader, advice: dict[tuple[str, str], str]
    ) -> None:
        self.company, self.csv_row, self.lookups, self.dates, self.advice = company, csv_row, lookups, dates, advice
        self.errors: list[str] = []

    def read(self, batch: Batch) -> BatchRow:
        given = self.csv_row.cells
        email = self._read(EMAIL, _mailbox) or ""
        terms = self._own_terms() | self._prefill()
        if EMAIL not in given:
            self.errors.insert(0, _("The address is missing."))
        if NO_COLUMN in given:
            self.errors.append(_("The row has more cells than the header."))
        row = BatchRow(batch=batch, number=self.csv_row.number, given=given, email=email, terms=terms)
        row.external_id = terms.get("external_id")
        row.digest = "" if self.errors else _digest(row)
        row.status = RowStatus.MALFORMED if self.errors else RowStatus.READY
        row.error = " ".join(self.errors)
        return row

    def _read(self, column: str, read: Callable[[str], Any]) -> Any:
        if column not in self.csv_row.cells:
            return None
        try:
            return read(self.csv_row.cells[column])
        except InvalidField as error:
            self.errors.append(error.detail if column == EMAIL else f"{column}: {error.detail}")
            self._advise(column, error.field_code)
            return None

    def _advise(self, column: str, code: str) -> None:
        """Note how to correct a fault of a spreadsheet, once for each column."""
        if code in ADVICE and (column, code) not in self.advice:
            example = self.csv_row.cells[column][:MAX_EXAMPLE]
            given = {"column": column, "example": example, "row": self.csv_row.number}
            self.advice[column, code] = str(ADVICE[code]) % given

    def _own_terms(self) -> dict[str, Any]:
        readers: dict[str, Callable[[str], Any]] = {
            "externalId": lambda text: self._check(external_id=reject_shortened(text)),
            "message": lambda text: self._check(message=text),
            "maxUses": lambda text: self._check(max_uses=_number(text, otherwise="unlimited")),
            "expiresInDays": lambda text: self._check_days(_number(text, otherwise="never")),
            "locale": validate_locale,
            "redirectUrl": lambda text: self._check(redirect_url=text),
            "reminders": _yes_or_no,
            "allowForwarding": _yes_or_no,
        }
        given = [column for column in OWN_TERMS if column in self.csv_row.cells]
        return {OWN_TERMS[column]: self._read(column, readers[column]) for column in given}

    def _sites(self, text: str) -> tuple[UUID, ...]:
        return tuple(dict.fromkeys(self.lookups.site_id(reject_shortened(name)) for name in split_list(text)))

    def _check(self, **term: Any) -> Any:
        check_terms(self.company, **term)
        return next(iter(term.values()))

    def _check_days(self, days: int | None) -> int | None:
        if days is None:
            return None
        if days > timedelta.max.days:
            raise InvalidField(("expires_in",), str(INVALID_LIFETIME))
        self._check(expires_in=timedelta(days=days))
        return days * SECONDS_A_DAY

    def _prefill(self) -> dict[str, Any]:
        readers: dict[str, Callable[[str], Any]] = {
            "datasourceId": self.lookups.datasource_id,
            "url": parse_login_page,
            "country": _country,
            "utilityTypes": _utility_types,
            "sites": self._sites,
            "connectionOwnerEmail": _address,
            "dataCollectionStartDate": lambda text: check_start_date(self.dates.read(text)),
            "lockedFields": _locked_fields,
        }
        values = {name: self._read(column, readers[column]) for column, name in PREFILLED.items()}
        given = {name: value for name, value in values.items() if value}
        if not given or self.errors:
            return {}
        try:
            return {"prefill": Prefill(**given).to_json()}
        except InvalidField as error:
            self.errors.append(error.detail)
            return {}


def _digest(row: BatchRow) -> str:
    asked = json.dumps([row.email, row.terms], sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()


def _mailbox(text: str) -> str:
    if parse_address(text).startswith("*@"):
        raise InvalidField(
            ("email",), _("A bulk invitation cannot invite a whole domain. Create a single invitation for it.")
        )
    return _address(text)


def _address(text: str) -> str:
    address = parse_address(text).strip()
    try:
        return normalize_address(address)
    except InvalidField:
        raise InvalidField(("email",), why_no_address(address)) from None


def _country(text: str) -> str:
    """Return the code of a country that is given by its code or its English name."""
    return check_country(countries.by_name(text) or text.upper())


def _number(text: str, *, otherwise: str) -> int | None:
    """Return a whole number, or None for the word that means no limit."""
    text = plain_digits(reject_shortened(text))
    if text.casefold() == otherwise:
        return None
    if not re.fullmatch(r"[0-9]+", text) or len(text) > MAX_DIGITS:
        raise InvalidField(
            ("number",),
            _("“%(text)s” is not a whole number. Write a number or “%(word)s”.")
            % {"text": text[:50], "word": otherwise},
        )
    return int(text)


def _yes_or_no(text: str) -> bool:
    value = YES_OR_NO.get(text.casefold())
    if value is None:
        raise InvalidField(("value",), _("“%(value)s” is neither yes nor no.") % {"value": text[:50]})
    return value


def _utility_types(text: str) -> tuple[str, ...]:
    return _known(text, {value.casefold(): str(value) for value in UtilityType.values}, of=UtilityType.values)


def _locked_fields(text: str) -> tuple[str, ...]:
    columns = [column for column in PREFILLED if column != "lockedFields"]
    return _known(text, LOCK_NAMES, of=columns)


def _known(text: str, meanings: dict[str, str], *, of: Iterable[str]) -> tuple[str, ...]:
    values = split_list(text)
    for value in values:
        if value.casefold() not in meanings:
            raise InvalidField(
                ("value",),
                _("“%(value)s” is not one of %(choices)s.") % {"value": value[:50], "choices": ", ".join(of)},
            )
    return tuple(dict.fromkeys(meanings[value.casefold()] for value in values))
