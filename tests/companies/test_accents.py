"""Every accent colour stays readable on the colours of the pages."""

import itertools
import re
from pathlib import Path

from companies.accents import DARK, EDGE, LIGHT, TEXT, accent_sheet, accent_styles, contrast, text_on

CHANNELS = (0, 51, 102, 153, 204, 255)
COLORS = [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in itertools.product(CHANNELS, repeat=3)]
GREYS = [f"#{value:02x}{value:02x}{value:02x}" for value in range(256)]
TOKENS = (Path(__file__).parents[2] / "static/css/tokens.css").read_text().partition("prefers-color-scheme: dark")


def token(scheme, name):
    part = TOKENS[0] if scheme is LIGHT else TOKENS[2]
    return re.search(rf"--{name}: (#[0-9a-f]{{6}});", part)[1]


def unreadable(accent, scheme):
    """Pairs of colours of the accent's styles with too little contrast."""
    styles = accent_styles(accent, scheme)
    behind = (*scheme.surfaces, styles["accent_tint"])
    pairs = [
        (styles["on_accent"], styles["accent"], TEXT),
        (styles["on_accent"], styles["accent_hover"], TEXT),
        *((styles["accent_ink"], each, TEXT) for each in behind),
        *((styles["accent_edge"], each, EDGE) for each in behind),
        *((token(scheme, name), styles["accent_tint"], TEXT) for name in ("ink", "ink-soft", "danger")),
    ]
    return [pair for pair in pairs if contrast(*pair[:2]) < pair[2]]


def test_text_is_readable_on_every_accent():
    failed = {(color, scheme.towards): unreadable(color, scheme) for color in COLORS for scheme in (LIGHT, DARK)}
    assert {key: pairs for key, pairs in failed.items() if pairs} == {}
    assert [grey for grey in GREYS if contrast(text_on(grey), grey) < TEXT] == []


def test_schemes_have_colours_of_tokens():
    for scheme in (LIGHT, DARK):
        assert scheme.surfaces == tuple(token(scheme, name) for name in ("surface", "paper", "sunken"))


def test_contrast_is_that_of_wcag():
    assert contrast("#ffffff", "#000000") == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


def test_readable_accent_is_kept():
    styles = accent_styles("#17594a", LIGHT)
    assert styles["accent"] == styles["accent_ink"] == styles["accent_edge"] == "#17594a"
    assert "--on-accent: #ffffff" in accent_sheet("#17594a")
