"""Spelling of names on the wire."""


def to_camel_case(name: str) -> str:
    """`max_uses` as `maxUses`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
