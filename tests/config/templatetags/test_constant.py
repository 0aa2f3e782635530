"""Parts of pages that are rendered once."""

from django.template import Context, Template

from config.templatetags import constant


def test_constant_is_rendered_once_per_language(monkeypatch):
    page = Template('{% load constant %}{% constant %}{% now "u" %}{% endconstant %}')  # microseconds
    texts = {}
    for language in ("de", "en", "de", "en"):
        monkeypatch.setattr(constant, "get_language", lambda language=language: language)
        texts.setdefault(language, set()).add(page.render(Context()))

    assert [len(each) for each in texts.values()] == [1, 1]
    assert texts["de"] != texts["en"]


def test_constant_has_no_value_of_the_page():
    page = Template("{% load constant %}{% constant %}Hello {{ name }}{% endconstant %}")

    assert page.render(Context({"name": "Ann"})) == "Hello "
