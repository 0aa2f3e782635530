"""Styles of an accent colour, with readable text in light and dark for each colour.

Contrast is that of WCAG 2.2: 4.5 for text (1.4.3) and 3 for the edges of controls (1.4.11).
"""

import hashlib
from functools import lru_cache
from typing import NamedTuple

TEXT, EDGE = 4.5, 3.0
WHITE, BLACK = "#ffffff", "#000000"
STEPS = 50
HOVER = 0.14


class Scheme(NamedTuple):
    """Colours of `static/css/tokens.css` behind the accent, and how much of it its tint and lines have."""

    surfaces: tuple[str, ...]
    towards: str  # shades of the accent become readable towards this colour
    tint: float
    line: float


LIGHT = Scheme(("#ffffff", "#f5f4ef", "#f0efe8"), towards=BLACK, tint=0.1, line=0.3)
DARK = Scheme(("#1a201d", "#111513", "#222925"), towards=WHITE, tint=0.12, line=0.3)


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def text_on(color: str) -> str:
    """White if it is readable on the colour, else black: one of them always is."""
    return WHITE if contrast(WHITE, color) >= TEXT else BLACK


@lru_cache(maxsize=256)
def accent_styles(accent: str, scheme: Scheme) -> dict[str, str]:
    """Return the custom properties of CSS that replace those of `tokens.css`, with underscores in their names."""
    tint = _mix(scheme.surfaces[0], accent, scheme.tint)
    behind = (*scheme.surfaces, tint)
    on_accent, edge = text_on(accent), _shade(accent, behind, scheme.towards, EDGE)
    return {
        "accent": accent,
        "accent_hover": _mix(accent, BLACK if on_accent == WHITE else WHITE, HOVER),
        "on_accent": on_accent,
        "accent_edge": edge,
        "button_edge": "transparent" if edge == accent else edge,
        "accent_ink": _shade(accent, behind, scheme.towards, TEXT),
        "accent_tint": tint,
        "accent_line": _mix(scheme.surfaces[0], accent, scheme.line),
    }


@lru_cache(maxsize=256)
def accent_sheet(accent: str) -> str:
    """Return the style sheet for an accent colour such as `#17594a`."""
    light, dark = (_declare(accent_styles(accent, scheme)) for scheme in (LIGHT, DARK))
    return f":root {{ {light} }}\n@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"


@lru_cache(maxsize=256)
def accent_digest(accent: str) -> str:
    """Hash of the style sheet, for its URL: another release may derive other colours."""
    return hashlib.sha256(accent_sheet(accent).encode()).hexdigest()[:16]


def _shade(color: str, behind: tuple[str, ...], towards: str, least: float) -> str:
    """The nearest shade of the colour that has the contrast with all colours behind it."""
    shades = (_mix(color, towards, step / STEPS) for step in range(STEPS + 1))
    return next(shade for shade in shades if min(contrast(shade, each) for each in behind) >= least)


def _mix(color: str, other: str, part: float) -> str:
    """Mix in sRGB; `part` of 1 is all of the other colour."""
    pairs = zip(_channels(color), _channels(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * part):02x}" for one, two in pairs)


@lru_cache(maxsize=1024)
def _luminance(color: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in _channels(color))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _declare(styles: dict[str, str]) -> str:
    return " ".join(f"--{name.replace('_', '-')}: {value};" for name, value in styles.items())
