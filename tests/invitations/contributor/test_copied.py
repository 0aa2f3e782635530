import re
import time
from urllib.parse import quote

import pytest

from invitations.models.tokens import COPIED, new_token
from tests.invitations.answers import page

pytestmark = pytest.mark.django_db


def test_copied_punctuation_is_removed(client, invitation):
    for rest in (".", ",", ")", "/", "%20", "%0A", ").", "!", "%E2%80%9D", ".%20", "%3E", "//"):
        for method in (client.get, client.head):
            response = method(page(invitation) + rest)
            assert (rest, response.status_code, response["Location"]) == (rest, 302, page(invitation))
            assert response["Cache-Control"] == "no-store"
            assert response["Referrer-Policy"] == "same-origin"
            assert response["X-Robots-Tag"] == "noindex"
        assert client.post(page(invitation) + rest).status_code == 405
    assert not invitation.events.filter(type="VIEWED").exists()


def test_copied_marks_of_any_script_are_removed(client, invitation):
    url, token = page(invitation), invitation.token
    behind = "。 ） 」 》 、 ｡ ，， … ” » „ ’ ؟ ۔ ، । ׃ ። \u200b \ufeff \u200f \u2060 > )* ** ~ ` | /. /）".split(" ")  # noqa: SIM905
    copied = [f"{url}{quote(mark)}" for mark in (*behind, "\u00a0", "\u3000")]
    copied += [f"/p/i/{quote(mark)}{token}" for mark in ("<", "(", "\u200b", "「", " ")]
    broken = ("\u200b", "\u00ad", "\u2060", "\n", " ", "\r\n", "=\n")
    copied += [f"/p/i/{quote(mark.join((token[:9], token[9:])))}" for mark in broken]
    glued = (
        "=",
        "_",
        "-",
        "__",
        "&gt;",
        "%20",
        "%3E",
        "<br>",
        "</a>",
        "\u00a0Danke",
        "’s",
        ".Hello",
        "😀",
        " /x",
        ")/",
    )
    copied += [f"{url}{quote(text)}" for text in glued]

    assert {each: client.get(each).headers.get("Location") for each in copied} == dict.fromkeys(copied, url)


def test_copied_answers_long_paths_quickly():
    started = time.process_time()
    for filler in ("\u200b", "a", ".", "a\u200b"):
        assert re.search(COPIED, "p/i/" + filler * 50_000 + "\0") is None

    assert time.process_time() - started < 1


def test_redirect_hides_whether_token_exists(client, db):
    guess = new_token()
    assert client.get(f"/p/i/{guess}.")["Location"] == f"/p/i/{guess}"


def test_other_suffixes_are_not_found(client, invitation):
    suffixes = ("x", "%00", "-x", "----", "/x", "//x", ".%00")
    got = {rest: client.get(page(invitation) + rest).status_code for rest in suffixes}
    assert got == dict.fromkeys(suffixes, 404)
