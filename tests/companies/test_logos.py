import hashlib
import os
import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image, ImageOps, PngImagePlugin

from companies.logos import MAX_BYTES, MAX_UPLOAD_BYTES, decode_logo
from config.exceptions import InvalidField
from tests.companies.pictures import DARK, RED, WHITE, encoded, picture

SCRIPT = "<script>alert(1)</script>"


def refusal(uploaded):
    try:
        decode_logo(uploaded)
    except InvalidField as error:
        return (*error.field, error.field_code)
    return None


def png_header(width, height):
    """A PNG that announces a size and has almost no data."""
    size = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    parts = ((b"IHDR", size), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def moving(picture_format):
    red, blue = (Image.new("RGB", (8, 8), color) for color in ("red", "blue"))
    return encoded(red, picture_format, save_all=True, append_images=[blue])


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_other_files_are_refused():
    wanted = {
        b"": "not_a_picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>": "not_a_picture",
        SCRIPT.encode(): "not_a_picture",
        SCRIPT.encode() + picture(): "not_a_picture",
        encoded(Image.new("RGB", (8, 8)), "GIF"): "not_a_picture",
        encoded(Image.new("RGB", (16, 16)), "ICO"): "not_a_picture",
        encoded(Image.new("RGB", (8, 8)), "TIFF"): "not_a_picture",
        moving("PNG"): "animated",
        moving("WEBP"): "animated",
        picture(300, 100, picture_format="JPEG")[:-100]: "damaged",
        png_header(8, 8): "damaged",
        png_header(2100, 2100): "pixels",
        png_header(11_000, 11_000): "pixels",
        png_header(60_000, 60_000): "pixels",
        bytes(MAX_UPLOAD_BYTES + 1): "too_large",
        picture() + bytes(MAX_UPLOAD_BYTES): "too_large",
    }
    assert {name: refusal(name) for name in wanted} == {name: ("logo", code) for name, code in wanted.items()}


def test_only_the_picture_is_kept():
    """Text, comments, EXIF and what follows the picture are gone: none of it can become a page or a script."""
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", SCRIPT)
    exif = Image.Exif()
    exif[0x010E] = SCRIPT
    image = Image.new("RGB", (60, 20), "red")
    for uploaded in (
        encoded(image, pnginfo=text) + SCRIPT.encode(),
        encoded(image, "JPEG", exif=exif, comment=SCRIPT.encode()) + SCRIPT.encode(),
        encoded(image, "WEBP", exif=exif, xmp=SCRIPT.encode()) + SCRIPT.encode(),
    ):
        assert SCRIPT.encode() in uploaded
        logo = decode_logo(uploaded)
        assert b"script" not in logo.content
        assert logo.id == hashlib.sha256(logo.content).hexdigest()


def test_pictures_become_png_or_jpeg():
    """Their size in pixels is bounded, and so is that in bytes, also of noise. EXIF turns them."""
    turned = Image.Exif()
    turned[0x0112] = 6
    noise = Image.frombytes("RGBA", (480, 160), os.urandom(480 * 160 * 4))
    uploads = {
        "png": picture(60, 20),
        "webp": picture(60, 20, picture_format="WEBP"),
        "jpeg": picture(60, 20, picture_format="JPEG"),
        "palette": encoded(Image.open(BytesIO(picture(60, 20))).quantize(8)),
        "cmyk": encoded(Image.new("CMYK", (60, 20)), "JPEG"),
        "16 bits": encoded(Image.new("I;16", (60, 20), 40_000)),
        "turned": encoded(Image.new("RGB", (60, 20)), "JPEG", exif=turned),
        "wide": picture(1200, 100),
        "tall": encoded(Image.new("L", (100, 1600))),
        "margins": encoded(ImageOps.expand(Image.open(BytesIO(picture(60, 20))), border=30)),
        "hair": encoded(Image.new("L", (1500, 1))),
        "noise": encoded(noise),
    }
    logos = {name: decode_logo(uploaded) for name, uploaded in uploads.items()}

    assert {name: (logo.media_type, logo.width, logo.height) for name, logo in logos.items()} == {
        **dict.fromkeys(("png", "webp", "palette", "16 bits", "margins"), ("image/png", 60, 20)),
        **dict.fromkeys(("jpeg", "cmyk"), ("image/jpeg", 60, 20)),
        "turned": ("image/jpeg", 20, 60),
        "wide": ("image/png", 480, 40),
        "tall": ("image/png", 10, 160),
        "hair": ("image/png", 480, 1),
        "noise": ("image/png", 480, 160),
    }
    for logo in logos.values():
        assert Image.open(BytesIO(logo.content)).size == (logo.width, logo.height)
        assert len(logo.content) <= MAX_BYTES


def test_backdrop_keeps_transparent_logo_visible():
    opaque = encoded(Image.new("RGB", (60, 20), DARK[:3]))
    pictures = {"dark": picture(color=DARK), "white": picture(color=WHITE), "red": picture(color=RED), "opaque": opaque}
    assert {name: decode_logo(uploaded).backdrop for name, uploaded in pictures.items()} == {
        "dark": "light",
        "white": "dark",
        "red": None,
        "opaque": None,
    }
