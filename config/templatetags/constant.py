"""Parts of a page that are the same in every response, but for a few yes-or-no answers, texts and varying parts."""

import html
import re
import secrets
from typing import Any

from django import template
from django.template.base import FilterExpression, Node, NodeList, Parser, Token, token_kwargs
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()
# stands for a text or a varying part in what was rendered once; letters and digits stay as they are in HTML and in URLs
MARK = secrets.token_hex(8)
MARKS = re.compile(rf"{MARK}_(\w+?)_{MARK}")
# of one constant; a page has about 12 KiB
MOST_RENDERED = 500
# not a name that a template can use
VARYING = "varying nodes"
# the key "**" has one expression for several: a dict in the page's context
Expressions = dict[str, FilterExpression]
SEVERAL = "**"
# HTML and, at odd places, names of texts or nodes
Pieces = list[Any]


class ConstantNode(Node):
    def __init__(self, nodelist: NodeList, answers: Expressions, texts: Expressions) -> None:
        self.nodelist = nodelist
        self.answers = answers
        self.texts = texts
        # by language and answers
        self.rendered: dict[tuple[object, ...], Pieces] = {}
        self.found: dict[type[Node], list[Node]] = {}

    def get_nodes_by_type(self, nodetype: type[Node]) -> list[Node]:
        """Search only once: Django asks a parent template for its blocks in every response."""
        if nodetype not in self.found:
            self.found[nodetype] = super().get_nodes_by_type(nodetype)
        return self.found[nodetype]

    def render(self, context: template.Context) -> SafeString:
        answers = {name: bool(answer) for name, answer in resolve(self.answers, context).items()}
        key = (get_language(), *answers.values())
        pieces = self.rendered.get(key)
        if pieces is None:
            if len(self.rendered) == MOST_RENDERED:
                self.rendered.clear()
            pieces = self.rendered[key] = self.render_once(context, answers)
        if len(pieces) == 1:
            return SafeString(pieces[0])
        shown = {name: escape(text) for name, text in resolve(self.texts, context).items()}
        filled = pieces.copy()
        filled[1::2] = [
            shown[each] if isinstance(each, str) else each.render_annotated(context) for each in pieces[1::2]
        ]
        return SafeString("".join(filled))

    def render_once(self, context: template.Context, answers: dict[str, bool]) -> Pieces:
        varying: list[Node] = []
        marks = {name: mark(name) for name in resolve(self.texts, context)}
        inside = context.new(answers | marks | {VARYING: varying})
        pieces: Pieces = MARKS.split(self.nodelist.render(inside))
        pieces[1::2] = [varying[int(name)] if name.isdecimal() else name for name in pieces[1::2]]
        return pieces


class VaryingNode(Node):
    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: template.Context) -> SafeString:
        if VARYING not in context:
            return self.nodelist.render(context)
        context[VARYING].append(self)
        return SafeString(mark(str(len(context[VARYING]) - 1)))


def resolve(expressions: Expressions, context: template.Context) -> dict[str, Any]:
    if SEVERAL in expressions:
        return expressions[SEVERAL].resolve(context)  # type: ignore[no-any-return]
    return {name: each.resolve(context) for name, each in expressions.items()}


def read_expressions(bits: list[str], parser: Parser) -> Expressions:
    if bits and bits[0].startswith(SEVERAL):
        return {SEVERAL: parser.compile_filter(bits.pop(0).removeprefix(SEVERAL))}
    return token_kwargs(bits, parser)


def escape(text: Any) -> str:
    # Django asks first whether a text is lazy, which takes longer than the rest
    return html.escape(text) if text.__class__ is str else conditional_escape(text)


def mark(name: str) -> str:
    return f"{MARK}_{name}_{MARK}"


@register.tag
def constant(parser: Parser, token: Token) -> ConstantNode:
    """`{% constant %}...{% endconstant %}`: rendered once for each language.

    `{% constant is_open=link.is_open %}` is rendered once for yes and once for no. Its inside has these answers and no
    other variable of the page, so that nothing of one visitor can reach another.

    `{% constant is_open=link.is_open with name=company.name %}` shows the text of each response, escaped, where its
    inside has `{{ name }}`, also in a translation or a URL. A filter or a condition would see something else.

    `{% constant **answers with **texts %}` takes dicts of the page's context, always with the same keys.
    """
    _tag, *bits = token.split_contents()
    answers = read_expressions(bits, parser)
    texts: Expressions = {}
    if bits and bits[0] == "with":
        del bits[0]
        texts = read_expressions(bits, parser)
    if bits:
        raise template.TemplateSyntaxError(f"constant takes name=value, not {bits[0]}")
    nodelist = parser.parse(("endconstant",))
    parser.delete_first_token()
    return ConstantNode(nodelist, answers, texts)


@register.tag
def varying(parser: Parser, token: Token) -> VaryingNode:
    """`{% varying %}...{% endvarying %}` inside of a constant: rendered in each response, with the page's variables.

    It may stand in a template that a constant includes. Variables of the include and of loops are unknown to it.
    """
    nodelist = parser.parse(("endvarying",))
    parser.delete_first_token()
    return VaryingNode(nodelist)
