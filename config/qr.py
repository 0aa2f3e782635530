"""QR codes to scan from a page or from paper."""

import io
from typing import Any

import segno

QUIET_ZONE = 4  # modules on each side, as ISO/IEC 18004 demands


def draw_qr(text: str, **options: Any) -> str:
    """An SVG without inline styles and as large as its place, black on white in dark mode too: cameras want it so.

    A quarter of it may be damaged or dirty, and it still reads (level Q). `options`: of segno, such as `svgclass`.
    """
    drawn = io.BytesIO()
    code = segno.make_qr(text, error="q", boost_error=False)
    code.save(drawn, kind="svg", border=QUIET_ZONE, omitsize=True, dark="#000", light="#fff", **options)
    return drawn.getvalue().decode()
