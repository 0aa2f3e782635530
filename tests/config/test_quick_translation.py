from threading import Thread

from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import trans_real

from config import quick_translation

TEXTS = ["Friday", mark_safe("Friday"), "", mark_safe(""), "one\r\ntwo", "no such text"]


def test_quick_gettext_equals_that_of_django():
    for language in ("de", "en", None, "de"):
        with translation.override(language):
            for text in TEXTS * 2:
                quick, slow = quick_translation.gettext(text), trans_real.gettext(text)
                assert (quick, type(quick)) == (slow, type(slow)), (language, text)


def test_threads_have_their_own_language():
    heard = []
    with translation.override("de"):
        thread = Thread(target=lambda: heard.extend([translation.get_language(), str(translation.gettext("Friday"))]))
        thread.start()
        thread.join()
        assert (translation.get_language(), translation.gettext("Friday")) == ("de", "Freitag")
    assert heard == ["en", "Friday"]
    assert translation.get_language() == "en"
