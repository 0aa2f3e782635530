"""The example of a partner's CI, run as a partner runs it, against a real server."""

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from companies.models import Company
from tests.factories import CompanyFactory, make_full_key
from tests.secrecy import searched_output

PROGRAM = Path(settings.BASE_DIR) / "examples" / "partner_ci.py"


def test_integration_runs_in_ten_seconds(live_server, mailoutbox):
    live = CompanyFactory()
    company = CompanyFactory(partner=live.partner, is_live=False)
    value = make_full_key(company)[1]
    environment = os.environ | {"BASE_URL": live_server.url, "API_KEY": value, "NO_PROXY": "*"}
    output = searched_output()

    done = subprocess.run(
        [sys.executable, str(PROGRAM)],
        env=environment,
        stdout=output,
        stderr=subprocess.STDOUT,
        check=False,
        timeout=120,
    )

    output.seek(0)
    said = output.read()
    assert (done.returncode, said.splitlines()[-1]) == (0, "The integration works."), said
    assert mailoutbox == []
    made = Company.objects.exclude(pk__in=[company.pk, live.pk]).get()
    assert made.world == company.world
