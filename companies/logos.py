"""Logos: an uploaded picture is decoded and written anew, so that nothing else of its file remains."""

import hashlib
from io import BytesIO
from typing import NamedTuple

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from config.exceptions import InvalidField

FIELD = ("logo",)
FORMATS = ("PNG", "JPEG", "WEBP")
MAX_UPLOAD_BYTES = 1024 * 1024
MAX_PIXELS = 4_000_000  # 16 MB in memory
# of the picture as it is kept: twice to four times the size on a page
MAX_WIDTH, MAX_HEIGHT = 480, 160
MAX_BYTES = 100 * 1024
LONG = 40 * 1024  # of a PNG: then it gets a palette
# grey values that are hard to see on the dark page and on the light one, and the share of them that matters
DARKEST, LIGHTEST, SHARE = 80, 210, 0.1
BACKDROPS = LIGHT, DARK = "light", "dark"


class DecodedLogo(NamedTuple):
    """A logo as it is kept. `id`: SHA-256 of the content. `backdrop`: see `backdrop_of`."""

    id: str
    content: bytes
    media_type: str
    width: int
    height: int
    backdrop: str | None


def decode_logo(uploaded: bytes) -> DecodedLogo:
    """Return the picture without metadata, at most 480 x 160 pixels. Raises `InvalidField` for other files.

    They are: over 1 MiB, other formats than PNG, JPEG and WebP, several frames, over 4 million pixels, and damaged.
    """
    if len(uploaded) > MAX_UPLOAD_BYTES:
        raise InvalidField(FIELD, _("The picture may have at most 1 MB."), code="too_large")
    image = _open(uploaded)
    is_photo = image.format in ("JPEG", "MPO")
    picture = _decode(image)
    content = _write(picture, "JPEG") if is_photo else _write_png(picture)
    return DecodedLogo(
        hashlib.sha256(content).hexdigest(),
        content,
        "image/jpeg" if is_photo else "image/png",
        *picture.size,
        backdrop_of(picture),
    )


def backdrop_of(picture: Image.Image) -> str | None:
    """Return `light` or `dark`: the backdrop that a transparent picture needs where the page has the other one.

    None if it is readable on both, or on neither.
    """
    if picture.mode != "RGBA":
        return None
    seen = picture.getchannel("A").point(lambda alpha: 255 if alpha > 127 else 0)
    greys = picture.convert("L").histogram(seen)
    most = SHARE * sum(greys)
    is_dark, is_light = sum(greys[:DARKEST]) > most, sum(greys[LIGHTEST:]) > most
    if is_dark == is_light:
        return None
    return LIGHT if is_dark else DARK


def _open(uploaded: bytes) -> Image.Image:
    """Read the header. No pixel is decoded before its limits are checked."""
    try:
        image = Image.open(BytesIO(uploaded), formats=FORMATS)
        is_animated = image.format != "MPO" and getattr(image, "n_frames", 1) > 1
    except Image.DecompressionBombError:
        raise _too_many_pixels() from None
    except Exception:  # decoders raise many
        message = _("This is not a picture in the format PNG, JPEG or WebP.")
        raise InvalidField(FIELD, message, code="not_a_picture") from None
    if image.width * image.height > MAX_PIXELS:
        raise _too_many_pixels()
    if is_animated:
        raise InvalidField(FIELD, _("The picture moves. Choose one that does not."), code="animated")
    return image


def _decode(image: Image.Image) -> Image.Image:
    try:
        image.load()
        upright = ImageOps.exif_transpose(image)
        picture = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
        picture = picture.crop(_seen(picture))
        picture.thumbnail((MAX_WIDTH, MAX_HEIGHT), Image.Resampling.LANCZOS)
    except Exception:  # decoders raise many
        message = _("This picture is damaged. Open it in a program for pictures, and save it again.")
        raise InvalidField(FIELD, message, code="damaged") from None
    return picture


def _seen(picture: Image.Image) -> tuple[int, int, int, int] | None:
    """Return the box without transparent margins, which would make the logo small. None: all of it."""
    return picture.getchannel("A").getbbox() if picture.mode == "RGBA" else None


def _write_png(picture: Image.Image) -> bytes:
    content = _write(picture, "PNG")
    if len(content) <= LONG:
        return content
    return _write(picture.quantize(256, method=Image.Quantize.FASTOCTREE), "PNG")


def _write(picture: Image.Image, picture_format: str) -> bytes:
    file = BytesIO()
    # a new image has no metadata, which `save` would copy
    bare = Image.new(picture.mode, picture.size)
    if palette := picture.getpalette("RGBA"):
        bare.putpalette(palette, "RGBA")
    bare.paste(picture)
    bare.save(file, picture_format, optimize=True, quality=85)
    return file.getvalue()


def _too_many_pixels() -> InvalidField:
    return InvalidField(FIELD, _("The picture has too many pixels. Save it with at most 2,000 x 2,000."), code="pixels")
