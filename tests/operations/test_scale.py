"""With five times the rows, a request asks no more of the database. docs/scale.md has the figures of ten million."""

import subprocess
import sys

from tests.operations.networks import ROOT

ROWS, MORE_ROWS = 40_000, 200_000
# an index of more rows may be a page deeper
MOST_GROWTH = 1.6
# PostgreSQL may read each row of a company of this size, to sort them
MOST_GROWTH_BY_STATUS = MORE_ROWS / ROWS


def test_requests_cost_the_same_with_more_rows():
    command = [sys.executable, "-m", "bench", "--scale", "--rows", str(ROWS), "--compare-rows", str(MORE_ROWS)]
    table = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    lines = [line.strip("| ").split(" | ") for line in table.splitlines()]
    growth = {line[0]: float(line[5].split()[0]) for line in lines if len(line) == 6 and " / " in line[1]}

    print(table)
    requests = {name: factor for name, factor in growth.items() if not name.startswith(("admin", "job", "data"))}
    assert len(requests) >= 14
    assert {name: factor for name, factor in requests.items() if factor > most_growth(name)} == {}


def most_growth(request):
    return MOST_GROWTH_BY_STATUS if request.startswith("API: by status") else MOST_GROWTH
