from datetime import UTC, date, datetime

from django.utils.translation import override

from config.templatetags.long_dates import long_date, long_time

DAY = date(2126, 3, 1)
MOMENT = datetime(2126, 3, 1, 9, 5, tzinfo=UTC)


def test_dates_are_written_as_in_their_country():
    found = {}
    for language in ("en", "de", "es", "fr", "it", "nl", "pt"):
        with override(language):
            found[language] = (long_date(DAY), long_time(MOMENT))
    assert found == {
        "en": ("1 March 2126", "Friday 1 March 2126, 09:05"),
        "de": ("1. März 2126", "Freitag, 1. März 2126, 09:05"),
        "es": ("1 de marzo de 2126", "viernes, 1 de marzo de 2126, 09:05"),
        "fr": ("1er mars 2126", "vendredi 1er mars 2126, 09:05"),
        "it": ("1 marzo 2126", "venerdì 1 marzo 2126, 09:05"),
        "nl": ("1 maart 2126", "vrijdag 1 maart 2126, 09:05"),
        "pt": ("1 de março de 2126", "sexta-feira, 1 de março de 2126, 09:05"),
    }
    assert (long_date("Mustermann"), long_time(None)) == ("", "")
