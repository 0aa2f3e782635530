import hashlib
from pathlib import Path
from types import SimpleNamespace

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import override

from invitations.models.consent import CONSENT_VERSION, Consent, consent_template
from tests.invitations.consents import CONSENT

# Other words need a new file, and a new CONSENT_VERSION: what people agreed to must stay readable. Add the digest of a
# language here when it is translated.
DIGESTS = {
    ("2026-12-01", "en"): "d16d39cc5ca98e40",
    ("2026-12-01", "es"): "9f2a64d1e8b9b935",
    ("2026-12-01", "fr"): "361e29c1391e1ce2",
    ("2026-12-01", "de"): "53c169c33eb225f0",
    ("2026-12-01", "nl"): "57183c95089f6092",
    ("2026-12-01", "it"): "0e20bb085ece7220",
    ("2026-12-01", "pt"): "4577d051588c2302",
}


def text(version: str, language: str) -> str:
    company = SimpleNamespace(name="Bakery", partner=SimpleNamespace(name="Northwind"))
    with override(language):
        return render_to_string(consent_template(version), {"company": company}).strip()


def test_consent_texts_never_change():
    folder = Path(settings.BASE_DIR) / "templates/invitations/consent"
    shown = {(file.stem, code): text(file.stem, code) for file in folder.iterdir() for code, _ in settings.LANGUAGES}
    own = {key: words for key, words in shown.items() if key[1] == "en" or words != shown[key[0], "en"]}

    assert {key: hashlib.sha256(words.encode()).hexdigest()[:16] for key, words in own.items()} == DIGESTS
    assert (CONSENT_VERSION, "en") in DIGESTS


def test_consent_is_current_as_pages_show_it():
    others = [Consent("2020-01-01", "en"), Consent(CONSENT_VERSION, "tlh"), Consent("", "")]
    assert [each.is_current for each in (CONSENT, *others)] == [True, False, False, False]


def test_consent_names_language_that_was_shown():
    assert {tag: Consent.in_language(tag).language for tag in ("de-AT", "ja", "pt")} == {
        "de-AT": "de",
        "ja": "en",
        "pt": "pt",
    }
