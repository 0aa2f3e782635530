"""The search of a run's log finds what it is made for."""

import json
import subprocess
import sys
from urllib.parse import quote

import pytest
from django.conf import settings

from tests.secrecy import Secrets

SECRET = 'pa55 wörd & "more"'
TOKEN = "Token-of-a-run-that-is-not-this-one-43-letters"[:43]
PLANTED = """
import logging
from tests.secrecy import KNOWN

def test_that_passes():
    KNOWN.note({secret!r})
    logging.getLogger("django.request").error({line!r}, {secret!r})
"""
PLANTED_IN_ANOTHER = """
import subprocess
from tests.secrecy import KNOWN, searched_output

def test_that_passes():
    KNOWN.note({secret!r})
    subprocess.run(["echo", {line!r} % {secret!r}], stdout=searched_output(), check=True)
"""


@pytest.fixture
def known():
    made = Secrets()
    made.note(SECRET, "123456", "short", "00000000")
    return made


@pytest.mark.parametrize(
    "line",
    [
        f"the form said {SECRET}.",
        json.dumps({"password": SECRET}),
        json.dumps({"password": SECRET}, ensure_ascii=False),
        f"GET /?password={quote(SECRET)} 200",
        f"typed: {SECRET!a}",
        SECRET.encode().hex(),
        "code 123456",
        '{"code":"123456"}',
    ],
)
def test_secret_is_found_in_any_form(known, line):
    assert known.lines_of(f"before\n{line}\nafter") == {line}


@pytest.mark.parametrize(
    "line",
    ["", "nothing of the kind", "pa55 wörd", "1234567 or 1.123456", "0-123456-0", "short", "00000000-0000-7000-8000-0"],
)
def test_harmless_lines_are_not_found(known, line):
    assert known.lines_of(f"before\n{line}\nafter") == set()


def run_with(tmp_path, secret, line, planted=PLANTED):
    """A run of its own, with a worker, of one test that passes and logs `line` of a `secret`."""
    (tmp_path / "conftest.py").write_text("from tests.secrecy import no_secret_in_the_log\n")
    (tmp_path / "test_planted.py").write_text(planted.format(secret=secret, line=line))
    where = ["-c", str(settings.BASE_DIR / "pyproject.toml"), "-p", "no:cacheprovider", str(tmp_path)]
    command = [sys.executable, "-m", "pytest", "-n", "1", *where]
    return subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("planted", [PLANTED, PLANTED_IN_ANOTHER], ids=["in this process", "in one it starts"])
def test_run_that_logs_a_secret_fails(tmp_path, planted):
    done = run_with(tmp_path, SECRET, "the form said %s", planted)

    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    assert "ERROR at teardown of test_that_passes" in done.stdout
    assert "the form said" in done.stdout


def test_redacted_token_is_not_found(tmp_path):
    done = run_with(tmp_path, TOKEN, "POST /p/i/%s/verify")

    assert done.returncode == pytest.ExitCode.OK, done.stdout + done.stderr
