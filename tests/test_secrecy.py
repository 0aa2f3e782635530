"""The search for secrets in the log of a test run finds them."""

import json
import subprocess
import sys
from urllib.parse import quote

import pytest
from django.conf import settings

from tests.secrecy import Secrets

SECRET = 'pa55 wörd & "more"'
TOKEN = "Token-of-a-run-that-is-not-this-one-43-letters"[:43]
LOGGED = """
import logging
from tests.secrecy import KNOWN

def test_that_passes():
    KNOWN.note({secret!r})
    logging.getLogger("django.request").error({line!r}, {secret!r})
"""
PRINTED = """
import subprocess
from tests.secrecy import KNOWN, searched_output

def test_that_passes():
    KNOWN.note({secret!r})
    subprocess.run(["echo", {line!r} % {secret!r}], stdout=searched_output(), check=True)
"""


@pytest.fixture
def known():
    made = Secrets()
    made.note(SECRET, "123456", "short", "00000000", "https://")
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
def test_secret_is_found_in_every_form(known, line):
    assert known.lines_of(f"before\n{line}\nafter") == {line}


@pytest.mark.parametrize(
    "line",
    [
        "",
        "nothing of the kind",
        "pa55 wörd",
        "1234567 or 1.123456",
        "0-123456-0",
        "short",
        "00000000-0000-7000-8000-0",
        "https://example.com",
    ],
)
def test_other_text_is_not_reported(known, line):
    assert known.lines_of(f"before\n{line}\nafter") == set()


def run_tests(tmp_path, *planted):
    """Run passing tests with a worker of xdist."""
    (tmp_path / "conftest.py").write_text("from tests.secrecy import no_secret_in_the_log\n")
    for number, code in enumerate(planted):
        (tmp_path / f"test_planted_{number}.py").write_text(code)
    options = ["-c", str(settings.BASE_DIR / "pyproject.toml"), "-p", "no:cacheprovider"]
    # do not read the folders above: another user's folder beside this one may be closed
    command = [sys.executable, "-m", "pytest", "-n", "1", *options, "--confcutdir", str(tmp_path), str(tmp_path)]
    return subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)


def test_run_that_tells_a_secret_fails(tmp_path):
    logged = LOGGED.format(secret=SECRET, line="the log said %s")
    printed = PRINTED.format(secret=SECRET, line="a process said %s")
    redacted = LOGGED.format(secret=TOKEN, line="POST /p/i/%s/verify")

    done = run_tests(tmp_path, logged, printed, redacted)

    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    assert "ERROR at teardown of test_that_passes" in done.stdout
    assert "the log said" in done.stdout
    assert "a process said" in done.stdout
    assert done.stdout.partition("secrets in the log:")[2]
    assert "/verify" not in "".join(line for line in done.stdout.splitlines() if line.startswith("E  "))
