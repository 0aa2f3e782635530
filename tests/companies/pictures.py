"""Pictures for uploads, made by Pillow."""

from functools import cache
from io import BytesIO
from typing import Any

from PIL import Image

DARK, WHITE, RED = (10, 10, 10, 255), (250, 250, 250, 255), (200, 30, 30, 255)


def encoded(image: Image.Image, picture_format: str = "PNG", **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, picture_format, **options)
    return file.getvalue()


@cache
def picture(width: int = 60, height: int = 20, color: tuple[int, ...] = RED, picture_format: str = "PNG") -> bytes:
    """Two bars of one colour, transparent between them, or the colour alone in formats without transparency."""
    if picture_format == "JPEG":
        return encoded(Image.new("RGB", (width, height), color[:3]), "JPEG")
    image = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    image.paste(color, (0, 0, width // 3, height))
    image.paste(color, (width - width // 3, 0, width, height))
    return encoded(image, picture_format)
