"""Lower apps do not name upper ones in strings, queries or attributes, which import-linter cannot see."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
ABOVE = {
    "config": ("companies", "connections", "invitations"),
    "companies": ("connections", "invitations"),
    "connections": ("invitations",),
}
# these wire the apps together
WIRING = {"config/settings.py", "config/rest_settings.py", "config/urls.py"}
# drf-spectacular takes the class by its path
ALLOWED = {"companies.api.authentication.ApiKeyAuthentication"}


def nodes(app: str) -> Iterator[tuple[str, ast.AST]]:
    """Each node of the app's code with its place, without docstrings and migrations."""
    for path in sorted((ROOT / app).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if "migrations" in path.parts or name in WIRING:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        texts = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if id(node) not in texts:
                yield f"{name}:{getattr(node, 'lineno', 0)}", node


def strings(app: str) -> Iterator[tuple[str, str]]:
    for place, node in nodes(app):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield place, node.value


def lookups(app: str) -> Iterator[tuple[str, str]]:
    """Attributes, keyword arguments and strings: each may be a relation, or a query that begins with one."""
    yield from strings(app)
    for place, node in nodes(app):
        if isinstance(node, ast.Attribute):
            yield place, node.attr
        elif isinstance(node, ast.keyword) and node.arg:
            yield place, node.arg


def reverse_relations(app: str) -> set[str]:
    """Names by which an upper app's models can be reached from the app's own models."""
    return {
        str(name)
        for model in apps.get_app_config(app).get_models()
        for relation in model._meta.related_objects
        if relation.related_model._meta.app_label in ABOVE[app]
        for name in (relation.get_accessor_name(), relation.name)
        if name
    }


def test_strings_name_no_upper_app():
    for app, above in ABOVE.items():
        # a module path, a table, an admin URL, a permission, or the label by itself
        labels = "|".join(above)
        names = re.compile(rf"(^|[^\w.])({labels})[._]\w|^({labels})$")
        assert {place: text for place, text in strings(app) if names.search(text) and text not in ALLOWED} == {}


def test_reverse_relations_of_upper_apps_are_unused():
    assert {"use", "repair_invitations"} <= reverse_relations("connections")
    for app in ("companies", "connections"):
        relations = reverse_relations(app)
        used = {place: name for place, name in lookups(app) if name.partition("__")[0].lstrip("-") in relations}
        assert used == {}
