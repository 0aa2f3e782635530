"""What a row of a batch asks for, and whether that holds."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from companies.addresses import normalize_address, why_no_address
from companies.models import Company
from config.exceptions import InvalidField
from config.validators import validate_locale
from connections.models import UtilityType
from connections.services.catalogue import check_country, check_provider_url
from connections.services.connections import check_start_date
from invitations.models import Batch, BatchRow, RowStatus
from invitations.models.prefill import LOCKABLE, WIRE_NAMES, Prefill
from invitations.services.addresses import only_address
from invitations.services.batches.csv_reader import BEYOND, EMAIL, Line, values_of
from invitations.services.batches.lookups import Places
from invitations.services.terms import Terms, check_terms

SECONDS_A_DAY = 86_400
MAX_DIGITS = 9

# the columns of a file, and what each is called in the terms or the prefill of an invitation
OWN_TERMS = {
    "externalId": "external_id",
    "message": "message",
    "maxUses": "max_uses",
    "expiresInDays": "expires_in",
    "locale": "locale",
    "redirectUrl": "redirect_url",
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


def read_rows(batch: Batch, lines: Sequence[Line]) -> list[BatchRow]:
    """A row for each line, ready or malformed; unsaved. Two queries, however many lines there are."""
    places = Places.mentioned_in(batch.company, lines)
    return [_Reader(batch.company, line, places).row(batch) for line in lines]


def terms_of(batch: Batch, row: BatchRow) -> tuple[Prefill | None, Terms]:
    """On what terms `create_invitation` invites for this row: its own, and the batch's where it says nothing."""
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
    }
    return Prefill.from_json(prefill) if prefill else None, shared | own  # type: ignore[return-value]


class _Reader:
    """Reads one line, cell by cell, and collects what is wrong with it."""

    def __init__(self, company: Company, line: Line, places: Places) -> None:
        self.company, self.line, self.places = company, line, places
        self.errors: list[str] = []

    def row(self, batch: Batch) -> BatchRow:
        """The line as an unsaved row: ready, or malformed with everything that is wrong with it."""
        given = self.line.cells
        email = self._read(EMAIL, _invited) or ""
        terms = self._own_terms() | self._prefill()
        if EMAIL not in given:
            self.errors.insert(0, "Every row needs an address.")
        if BEYOND in given:
            self.errors.append("There are more cells than columns.")
        row = BatchRow(batch=batch, number=self.line.number, given=given, email=email, terms=terms)
        row.external_id = terms.get("external_id")
        row.digest = "" if self.errors else _digest(row)
        row.status = RowStatus.MALFORMED if self.errors else RowStatus.READY
        row.error = " ".join(self.errors)
        return row

    def _read(self, column: str, read: Callable[[str], Any]) -> Any:
        """The cell's value; None when it is empty or does not hold."""
        if column not in self.line.cells:
            return None
        try:
            return read(self.line.cells[column])
        except InvalidField as refusal:
            self.errors.append(refusal.detail if column == EMAIL else f"{column}: {refusal.detail}")
            return None

    def _own_terms(self) -> dict[str, Any]:
        readers: dict[str, Callable[[str], Any]] = {
            "externalId": lambda text: self._checked(external_id=text),
            "message": lambda text: self._checked(message=text),
            "maxUses": lambda text: self._checked(max_uses=_number(text, otherwise="unlimited")),
            "expiresInDays": lambda text: self._checked_days(_number(text, otherwise="never")),
            "locale": validate_locale,
            "redirectUrl": lambda text: self._checked(redirect_url=text),
        }
        given = [column for column in OWN_TERMS if column in self.line.cells]
        return {OWN_TERMS[column]: self._read(column, readers[column]) for column in given}

    def _checked(self, **term: Any) -> Any:
        """By the rule of `create_invitation`."""
        check_terms(self.company, **term)
        return next(iter(term.values()))

    def _checked_days(self, days: int | None) -> int | None:
        if days is None:
            return None
        if days > timedelta.max.days:
            raise InvalidField(("expires_in",), "An invitation lives for 60 seconds to 10 years.")
        self._checked(expires_in=timedelta(days=days))
        return days * SECONDS_A_DAY

    def _prefill(self) -> dict[str, Any]:
        readers: dict[str, Callable[[str], Any]] = {
            "datasourceId": self.places.datasource,
            "url": check_provider_url,
            "country": lambda text: check_country(text.upper()),
            "utilityTypes": _utility_types,
            "sites": lambda text: tuple(dict.fromkeys(map(self.places.site, values_of(text)))),
            "connectionOwnerEmail": _address,
            "dataCollectionStartDate": _day,
            "lockedFields": _locked_fields,
        }
        values = {name: self._read(column, readers[column]) for column, name in PREFILLED.items()}
        given = {name: value for name, value in values.items() if value}
        if not given or self.errors:
            return {}
        try:
            return {"prefill": Prefill(**given).to_json()}
        except InvalidField as refusal:
            self.errors.append(refusal.detail)
            return {}


def _digest(row: BatchRow) -> str:
    asked = json.dumps([row.email, row.terms], sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()


def _invited(text: str) -> str:
    """Whom a row invites: one mailbox, for each row is one invitation."""
    if only_address(text).startswith("*@"):
        raise InvalidField(("email",), "A whole domain cannot be in a batch. Invite it by itself.")
    return _address(text)


def _address(text: str) -> str:
    """In its normal form, read and refused as everywhere that staff paste one."""
    address = only_address(text).strip()
    try:
        return normalize_address(address)
    except InvalidField:
        raise InvalidField(("email",), why_no_address(address)) from None


def _number(text: str, *, otherwise: str) -> int | None:
    """A whole number; None for the word that means no limit."""
    if text.casefold() == otherwise:
        return None
    if not re.fullmatch(r"[0-9]+", text) or len(text) > MAX_DIGITS:
        raise InvalidField(("number",), f"“{text[:50]}” is not a whole number. The word “{otherwise}” sets no limit.")
    return int(text)


def _utility_types(text: str) -> tuple[str, ...]:
    return _known(text, {value.casefold(): str(value) for value in UtilityType.values}, of=UtilityType.values)


def _locked_fields(text: str) -> tuple[str, ...]:
    columns = [column for column in PREFILLED if column != "lockedFields"]
    return _known(text, LOCK_NAMES, of=columns)


def _known(text: str, meanings: dict[str, str], *, of: Iterable[str]) -> tuple[str, ...]:
    values = values_of(text)
    for value in values:
        if value.casefold() not in meanings:
            raise InvalidField(("value",), f"“{value[:50]}” is none of {', '.join(of)}.")
    return tuple(dict.fromkeys(meanings[value.casefold()] for value in values))


def _day(text: str) -> date:
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return check_start_date(date.fromisoformat(text))
    except ValueError:
        pass
    raise InvalidField(("date",), "This is not a date such as 2026-01-31.")
