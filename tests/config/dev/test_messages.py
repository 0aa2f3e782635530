"""The catalogues in the repository, and how they are checked."""

import re

import pytest
from babel.messages.catalog import Catalog

from config.dev import messages

TITLE = re.compile(r"{% block title %}.*?{% endblock[^%]*%}", re.DOTALL)
SENTENCE = re.compile(r"{% blocktranslate[^%]*%}(.*?){% endblocktranslate %}", re.DOTALL)
IN_BDI = re.compile(r"<bdi>{{ \w+ }}</bdi>")
VARIABLE = re.compile(r"{{ (\w+) }}")
# others are names until they are listed here
NOT_NAMES = {
    *("address", "count", "date", "day", "days", "email", "fields", "host", "hours", "moment", "new", "next", "number"),
    *("old", "phone", "time", "url", "utilities", "zone"),
}


@pytest.fixture(scope="module")
def catalogs():
    return {language: messages.read_catalog(language) for language in messages.TRANSLATED}


@pytest.fixture(scope="module")
def updated():
    return {language: messages.update_catalog(language) for language in messages.FINISHED}


def test_finished_catalogues_have_every_string(catalogs, updated):
    for language, catalog in updated.items():
        assert {each.id for each in messages.untranslated(catalog)} == set(), language
        assert messages.po_bytes(catalog) == messages.path_of(language, "po").read_bytes(), f"{language}: make messages"


def test_translations_keep_placeholders_and_tags(catalogs):
    found = {language: messages.find_faults(catalog) for language, catalog in catalogs.items()}
    assert {language: faults for language, faults in found.items() if faults} == {}


def test_compiled_catalogues_equal_their_sources(catalogs):
    for language, catalog in catalogs.items():
        assert messages.mo_bytes(catalog) == messages.path_of(language, "mo").read_bytes(), f"{language}: make messages"


def faults_of(text, *translations, **options):
    catalog = Catalog(locale="de")
    catalog.add(text, translations if isinstance(text, tuple) else translations[0], **options)
    return list(messages.find_faults(catalog).values())


def test_faults_of_translations_are_found():
    wrong = "has other placeholders, tags or blanks at its ends: "
    pair = ("%(number)s thing", "%(number)s things")
    found = {
        "placeholder": faults_of("For %(name)s", "Für %(nome)s"),
        "script": faults_of("At {host}", "Bei host"),
        "tag": faults_of("<strong>%(name)s</strong>", "<strong>%(name)s"),
        "blank": faults_of(" at the start", "am Anfang"),
        "form": faults_of(pair, "%(number)s Ding", "Dinge"),
        "forms": faults_of(pair, "%(number)s Dinge"),
        "guess": faults_of("Yes", "Ja", flags=["fuzzy"]),
        "good": faults_of("<bdi>%(name)s</bdi> at {host}", "Bei {host}: <bdi>%(name)s</bdi>"),
        "missing": faults_of("Yes", ""),
    }
    assert found == {
        "placeholder": [wrong + "'Für %(nome)s'"],
        "script": [wrong + "'Bei host'"],
        "tag": [wrong + "'<strong>%(name)s'"],
        "blank": [wrong + "'am Anfang'"],
        "form": [wrong + "'Dinge'"],
        "forms": ["needs 2 plural forms"],
        "guess": ["is fuzzy"],
        "good": [],
        "missing": [],
    }


def test_names_in_sentences_stand_in_bdi():
    """Right-to-left names would reorder the sentence around them."""
    found = {}
    for path in messages.sources():
        if path.suffix == ".html":
            text = TITLE.sub("", path.read_text(encoding="utf-8"))
            for sentence in SENTENCE.findall(text):
                bare = set(VARIABLE.findall(IN_BDI.sub("", sentence))) - NOT_NAMES
                found |= {(path.name, name): sentence.strip() for name in bare}
    assert found == {}


def test_update_keeps_translations(catalogs):
    known = next(catalog for catalog in catalogs.values() if len(catalog) > len(messages.untranslated(catalog)))
    updated = messages.update_catalog(str(known.locale))
    kept = {each.id: each.string for each in updated if each.id and each.id in known and any(known[each.id].string)}
    assert kept == {text: known[text].string for text in kept}
    assert len(kept) > len(updated) / 2
