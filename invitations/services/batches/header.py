"""The header of a table: its columns by the names that other programs give them."""

import difflib
import re
from collections.abc import Sequence
from typing import NamedTuple

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.db.name_search import fold
from config.exceptions import InvalidField
from config.typed_text import clean_typed

EMAIL, NO_COLUMN, LEFT_OUT = "email", "", "-"
# a misspelt one must not be left out: the invitations would have fewer limits
LIMITING = ("maxUses", "expiresInDays", "lockedFields")
SIMILARITY = 0.8
MAX_NAMED = 5
MAX_NAME_LENGTH = 50
QUOTES = "\"'“”„‘’‚«»‹›`´"
# names of the address in exports of HubSpot, Outlook, Google, Salesforce, Pipedrive and others, the best first
ADDRESS_NAMES = (
    *("email", "emailaddress", "mail", "mailaddress", "emails", "emailaddresses", "primaryemail"),
    *("primaryemailaddress", "email1", "email1value", "email1address", "emailaddress1", "workemail"),
    *("workemailaddress", "emailwork", "businessemail", "businessemailaddress", "emailbusiness", "companyemail"),
    *("contactemail", "contactemailaddress", "customeremail", "recipientemail", "useremail", "personemail"),
    *("personemailwork", "personalemail", "homeemail", "emailadresse", "mailadresse", "emailadres", "adresseemail"),
    *("adressemail", "adressedemessagerie", "courriel", "adressecourriel", "adresseelectronique", "correo"),
    *("correoelectronico", "direcciondecorreoelectronico", "indirizzoemail", "indirizzodipostaelettronica"),
    *("postaelettronica", "enderecodeemail", "adresemail", "epost", "epostadress", "epostadresse", "eposta"),
    *("epostaadresi", "sahkoposti", "sahkopostiosoite", "электроннаяпочта", "адресэлектроннойпочты"),
    *("メールアドレス", "メール", "電子メール", "电子邮件", "电子邮件地址", "邮箱", "이메일"),
)


class Header(NamedTuple):
    """The column of each cell, `LEFT_OUT` for unknown ones, and sentences about the table."""

    columns: list[str]
    notices: list[str]


def read_header(cells: Sequence[str], rows: Sequence[Sequence[str]], *, columns: Sequence[str]) -> Header:
    """Understand the first row of a table. `columns` are our own names.

    Without a known name of the address, takes the only column that holds addresses. Raises `InvalidField` if there is
    none, for a column that appears twice, and for a limit whose name is misspelt.
    """
    names = [_shown(cell) for cell in cells]
    own = {fold_name(column): column for column in columns}
    found = [own.get(fold_name(name), NO_COLUMN) if _is_own(name, columns) else LEFT_OUT for name in names]
    found = [NO_COLUMN if not name else column for name, column in zip(names, found, strict=True)]
    for column in columns:
        if found.count(column) > 1:
            raise _invalid(_("The column “%(name)s” appears twice.") % {"name": column})
    _reject_misspelt_limits(names, found)
    notices = []
    if EMAIL not in found:
        place = _address_column(names, found, rows)
        found[place] = EMAIL
        notices.append(_("The addresses were taken from the column “%(name)s”.") % {"name": names[place]})
    left_out = [name for name, column in zip(names, found, strict=True) if column == LEFT_OUT]
    return Header(found, [*notices, *_left_out_notice(left_out)])


def fold_name(name: str) -> str:
    """Letters and digits only, without case and accents: `E-Mail 1 - Value` becomes `email1value`."""
    return re.sub(r"[\W_]+", "", fold(clean_typed(name)))


RANKS = {fold_name(name): rank for rank, name in enumerate(ADDRESS_NAMES)}


def names_address(name: str) -> bool:
    return fold_name(name) in RANKS


def names_column(line: str, columns: Sequence[str]) -> bool:
    """True for the name of a column, and for a misspelt `email`."""
    return _is_near(line) or names_address(line) or _is_own(_shown(line), columns)


def _is_near(name: str) -> bool:
    return bool(difflib.get_close_matches(fold_name(name), [EMAIL], 1, SIMILARITY))


def _shown(cell: str) -> str:
    return clean_typed(clean_typed(cell).strip(QUOTES))[:MAX_NAME_LENGTH]


def _is_own(name: str, columns: Sequence[str]) -> bool:
    return name.casefold() in {column.casefold() for column in columns}


def _reject_misspelt_limits(names: Sequence[str], found: Sequence[str]) -> None:
    for name, column in zip(names, found, strict=True):
        near = difflib.get_close_matches(fold_name(name), [limit.lower() for limit in LIMITING], 1, SIMILARITY)
        if column == LEFT_OUT and near:
            meant = next(limit for limit in LIMITING if limit.lower() == near[0])
            raise _no_column(name, meant)


def _address_column(names: Sequence[str], found: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    free = [place for place, column in enumerate(found) if column == LEFT_OUT]
    known = [place for place in free if names_address(names[place])]
    if known:
        return min(known, key=lambda place: RANKS[fold_name(names[place])])
    if near := [names[place] for place in free if _is_near(names[place])]:
        raise _no_column(near[0], EMAIL)
    holding = [place for place in free if _holds_addresses([row[place] for row in rows if place < len(row)])]
    if len(holding) == 1:
        return holding[0]
    if holding:
        listed = _listed([names[place] for place in holding])
        raise _invalid(
            _("Several columns hold addresses: %(names)s. Rename the right one to “email”.") % {"names": listed}
        )
    raise _invalid(_("The column “email” is missing. The first row must name the columns, “email” among them."))


def _holds_addresses(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell.strip()]
    return bool(filled) and all("@" in cell for cell in filled)


def _left_out_notice(names: Sequence[str]) -> list[str]:
    if not names:
        return []
    sentence = ngettext(
        "The column %(names)s is not known and was left out.",
        "%(number)s columns are not known and were left out: %(names)s.",
        len(names),
    )
    return [sentence % {"number": len(names), "names": _listed(names)}]


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - MAX_NAMED
    more = [_("%(number)s more") % {"number": rest}] if rest > 0 else []
    return get_text_list([*(f"“{name}”" for name in names[:MAX_NAMED]), *more], _("and"))


def _no_column(name: str, meant: str) -> InvalidField:
    return _invalid(_("There is no column “%(name)s”. Did you mean “%(meant)s”?") % {"name": name, "meant": meant})


def _invalid(message: str) -> InvalidField:
    return InvalidField(("sheet",), message, code="invalid_sheet")
