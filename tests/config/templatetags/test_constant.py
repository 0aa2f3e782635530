"""Parts of pages that are rendered once."""

import pytest
from django.template import Context, Engine, Template, TemplateSyntaxError

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


def test_constant_is_rendered_once_per_answer():
    page = Template('{% load constant %}{% constant is_new=link %}{{ is_new }} {% now "u" %}{% endconstant %}')
    texts = {link: {page.render(Context({"link": link})) for _ in range(3)} for link in ("", "secret")}

    assert [len(each) for each in texts.values()] == [1, 1]
    assert [each.pop().split()[0] for each in texts.values()] == ["False", "True"]


def test_constant_shows_each_text_escaped():
    page = Template(
        "{% load constant i18n %}{% constant is_new=link with who=name %}"
        "{% blocktranslate %}Hello {{ who }}{% endblocktranslate %}, {% if is_new %}{{ who }}{% endif %}"
        "{% endconstant %}"
    )

    def shown(**values):
        return page.render(Context(values))

    assert shown(name="<b>", link=True) == "Hello &lt;b&gt;, &lt;b&gt;"
    names = ("Ann", "Ben %(who)s", "")
    assert [shown(name=name) for name in names] == [f"Hello {name}, " for name in names]


def test_constant_rejects_other_arguments():
    with pytest.raises(TemplateSyntaxError, match="constant takes name=value, not link"):
        Template("{% load constant %}{% constant link %}{% endconstant %}")


def test_varying_part_has_values_of_each_page():
    page = Template(
        "{% load constant %}{% constant is_new=link %}{% if is_new %}New, {% endif %}{% now 'u' %}"
        "{% varying %}, {{ link }}{% endvarying %}{% endconstant %}"
    )
    texts = [page.render(Context({"link": link})) for link in ("one", "<two>")]

    assert [text.rpartition(", ")[2] for text in texts] == ["one", "&lt;two&gt;"]
    assert len({text.rpartition(", ")[0] for text in texts}) == 1


def test_varying_part_reaches_through_constants():
    inner = "{% constant with name=who %}<{{ name }}{% varying %} {{ link }}{% endvarying %}>{% endconstant %}"
    page = Template(f"{{% load constant %}}{{% constant **answers with **texts %}}{inner}{{% endconstant %}} {inner}")
    context = {"answers": {"is_new": 1}, "texts": {"who": "Ann"}, "who": "Ben", "link": "x"}

    for link in ("x", "y"):
        assert page.render(Context(context | {"link": link})) == f"<Ann {link}> <Ben {link}>"


def test_varying_part_may_be_a_block():
    word = "{% varying %}{% block word %}-{% endblock %}{% endvarying %}"
    templates = {
        "base": f"{{% load constant %}}{{% constant %}}[{word}]{{% endconstant %}}",
        "one": '{% extends "base" %}{% block word %}{{ block.super }}1{% endblock %}',
        "two": '{% extends "base" %}{% block word %}2{% endblock %}',
    }
    loaders = [("django.template.loaders.locmem.Loader", templates)]
    pages = Engine(loaders=loaders, libraries={"constant": "config.templatetags.constant"})

    assert [pages.render_to_string(name) for name in ("one", "two", "base", "one")] == ["[-1]", "[2]", "[-]", "[-1]"]
