"""QR codes for pages and print."""

import io
from typing import Any

import segno

QUIET_ZONE = 4  # modules on each side, required by ISO/IEC 18004


def draw_qr(text: str, **options: Any) -> str:
    """Draw an SVG that scales to its container and has no inline styles.

    Black on white in dark mode too, because cameras need the contrast. Error correction level Q recovers 25 % damage.
    `options` go to segno, for example `svgclass`.
    """
    svg = io.BytesIO()
    code = segno.make_qr(text, error="q", boost_error=False)
    code.save(svg, kind="svg", border=QUIET_ZONE, omitsize=True, dark="#000", light="#fff", **options)
    return svg.getvalue().decode()
