import re

from django import forms
from django.utils.translation import gettext_lazy, override

from config.country_names import CODES, country_names
from config.form_fields import CountryField
from config.languages import ENDONYMS


class CountryForm(forms.Form):
    country = CountryField(empty=gettext_lazy("Friday"), required=False)


def test_every_country_has_a_name():
    named = {language: {code for code, name in country_names(language) if name} for language in ENDONYMS}
    assert named == dict.fromkeys(ENDONYMS, CODES)


def test_names_are_sorted_without_accents():
    names = [name for _code, name in country_names("es")]
    assert names.index("Islandia") < names.index("Islas Aland") < names.index("Israel")
    french = [name for _code, name in country_names("fr")]
    assert french.index("Danemark") < french.index("Égypte") < french.index("Espagne")


def test_select_speaks_language_of_page():
    shown = {}
    for language in ("en", "de", "pt"):
        with override(language):
            html = str(CountryForm({"country": "DE"})["country"])
        shown[language] = re.findall(r'<option value="(?:|DE|BR)"[^>]*>[^<]+', html)
    assert shown == {
        "en": ['<option value="">Friday', '<option value="BR">Brazil', '<option value="DE" selected>Germany'],
        "de": ['<option value="">Freitag', '<option value="BR">Brasilien', '<option value="DE" selected>Deutschland'],
        "pt": ['<option value="">Sexta-feira', '<option value="DE" selected>Alemanha', '<option value="BR">Brasil'],
    }


def test_select_keeps_what_is_no_country():
    assert " selected" not in str(CountryForm({"country": '"><script>'})["country"]).replace('"" selected', "")
    assert CountryForm({"country": '"><script>'}).errors
