"""The catalogues of translations: `make messages` extracts, updates and compiles them.

`pyproject.toml` names the sources and the folder. The files depend on the sources alone: no dates, no line numbers, no
paths of a machine. Compiled files are in the repository too, so that nothing needs a tool of gettext to run.
"""

import json
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, TextIO

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileParser, write_po
from django.utils.translation.template import templatize

from config.country_names import CODES, FILE
from config.languages import ENDONYMS

ROOT = Path(__file__).resolve().parent.parent.parent
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["messages"]
FOLDER = ROOT / str(SETTINGS["folder"])
_SOURCE, *TRANSLATED = ENDONYMS
FINISHED = SETTINGS["finished"]
PLURAL, IN_CONTEXT, PLURAL_IN_CONTEXT = (1, 2), ((1, "c"), 2), ((1, "c"), 2, 3)
KEYWORDS: Mapping[str, Any] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "translate")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), PLURAL),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), IN_CONTEXT),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), PLURAL_IN_CONTEXT),
}
# Portuguese without a region is that of Brazil
IN_CLDR = {"pt": "pt_PT"}
PUNCTUATION = {":"}  # in French with a space before it
# placeholders of Python and of scripts, tags, and the quotation mark that would end an attribute
KEPT = re.compile(r"%\(\w+\)[a-z]|%%|\{\w+\}|</?\w+[^>]*>|\"")


class PlainCatalog(Catalog):
    """A catalogue whose header says only what gettext needs."""

    def _get_mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Language", str(self.locale)),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
            ("Plural-Forms", self.plural_forms),
        ]

    mime_headers = property(_get_mime_headers, Catalog._set_mime_headers)


def sources() -> Iterator[Path]:
    """Templates and modules whose strings contributors see."""
    for pattern in SETTINGS["sources"]:
        found = [path for path in sorted(ROOT.glob(pattern)) if path.is_file()]
        if not found:
            raise FileNotFoundError(f"pyproject.toml: no file is like {pattern}")
        yield from found


def extract_messages(language: str) -> PlainCatalog:
    """Return the strings of the sources, without translations."""
    catalog = PlainCatalog(locale=language, header_comment="", fuzzy=False)
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        for _line, message, comments, context in _strings(path):
            catalog.add(message, None, [(name, 0)], auto_comments=comments, context=context)
    return catalog


def read_catalog(language: str) -> PlainCatalog:
    catalog = PlainCatalog(locale=language)
    if path_of(language, "po").exists():
        with path_of(language, "po").open(encoding="utf-8") as file:
            PoFileParser(catalog, abort_invalid=True).parse(file)
    return catalog


def update_catalog(language: str) -> PlainCatalog:
    """Return the strings of the sources with the translations that the catalogue has of them."""
    catalog, known = extract_messages(language), read_catalog(language)
    for message in catalog:
        translated = known.get(message.id, message.context) if message.id else None
        if translated and bool(translated.pluralizable) == bool(message.pluralizable):
            message.string, message.user_comments = translated.string, translated.user_comments
    return catalog


def po_bytes(catalog: Catalog) -> bytes:
    file = BytesIO()
    write_po(file, catalog, width=100, include_lineno=False, sort_by_file=False, omit_header=False)
    return file.getvalue().lstrip()


def mo_bytes(catalog: Catalog) -> bytes:
    file = BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def find_faults(catalog: Catalog) -> dict[str, str]:
    """Return faults of translations by their strings: a lost placeholder, tag or plural form, or a guess."""
    faults = {}
    for message in catalog:
        forms = _forms(message.string)
        sources = _forms(message.id)
        if not message.id or not any(forms) or message.id in PUNCTUATION:
            continue
        if message.fuzzy:
            faults[sources[0]] = "is fuzzy"
        elif isinstance(message.id, tuple) and len(forms) != catalog.num_plurals:
            faults[sources[0]] = f"needs {catalog.num_plurals} plural forms"
        elif lost := [form for form in forms if _kept_parts(form) != _kept_parts(sources[-1])]:
            faults[sources[0]] = f"has other placeholders, tags or blanks at its ends: {lost[0]!r}"
    return faults


def untranslated(catalog: Catalog) -> list[Message]:
    """Messages without a translation, or with an empty plural form."""
    return [each for each in catalog if each.id and not all(_forms(each.string))]


def write_catalogs(log: TextIO) -> None:
    """Update and compile every catalogue, and say what is missing or wrong."""
    for language in TRANSLATED:
        catalog = update_catalog(language)
        path_of(language, "po").parent.mkdir(parents=True, exist_ok=True)
        path_of(language, "po").write_bytes(po_bytes(catalog))
        path_of(language, "mo").write_bytes(mo_bytes(catalog))
        log.write(f"{language}: {len(catalog)} strings, {len(untranslated(catalog))} without a translation\n")
        log.writelines(f"   {text!r} {fault}\n" for text, fault in find_faults(catalog).items())


def country_names_json() -> str:
    """Names of countries by language and code, from CLDR."""
    names = {}
    for language in TRANSLATED:
        territories = Locale.parse(IN_CLDR.get(language, language)).territories
        names[language] = {code: territories[code] for code in sorted(CODES)}
    return json.dumps(names, ensure_ascii=False, indent=1) + "\n"


def path_of(language: str, extension: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / f"django.{extension}"


def _strings(path: Path) -> Iterator[Any]:
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # what is left of a template is Python in words only: indentation would be an error
        text = "\n".join(line.lstrip() for line in templatize(text).splitlines())
    return extract("python", BytesIO(text.encode()), KEYWORDS, comment_tags=["Translators:"], strip_comment_tags=True)


def _kept_parts(text: str) -> tuple[list[str], bool, bool]:
    return sorted(KEPT.findall(text)), text[:1].isspace(), text[-1:].isspace()


def _forms(string: Any) -> tuple[str, ...]:
    return tuple(string) if isinstance(string, list | tuple) else (string,)


if __name__ == "__main__":
    FILE.write_text(country_names_json(), encoding="utf-8")
    write_catalogs(sys.stdout)
