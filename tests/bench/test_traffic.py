import sys

import pytest

from bench.traffic import MARK, Traffic, count
from companies.models import Partner

BEFORE = f"""F\t58\tParse\t "_pg3_0" "SELECT 1
  FROM a" 0
F\t4\tSync
B\t4\tParseComplete
F\t20\tQuery\t "SELECT '{MARK}'"
B\t5\tReadyForQuery\t I
"""
EXECUTE = """F\t20\tBind\t "" "_pg3_0" 0 0 1 0
F\t9\tExecute\t "" 0
F\t4\tSync
B\t4\tBindComplete
B\t5\tReadyForQuery\t T
"""
BEGIN, SAVEPOINT, COMMIT = (
    f'F\t10\tQuery\t "{text}"\nB\t10\tCommandComplete\t "{text}"\n' for text in ("BEGIN", 'SAVEPOINT "s1_x1"', "COMMIT")
)


def parse(text: str) -> Traffic:
    return Traffic.parse(text.splitlines())


def test_traffic_before_the_mark_is_ignored():
    assert parse(BEFORE) == Traffic(0, 0, 0)


def test_traffic_separates_statements_from_control():
    found = parse(BEFORE + BEGIN + EXECUTE + SAVEPOINT + EXECUTE + EXECUTE + COMMIT)

    assert found == Traffic(statements=3, control=3, round_trips=6)


def test_traffic_in_one_packet_is_one_trip():
    sent, received = EXECUTE.partition("B\t")[0], "B\t5\tReadyForQuery\t T\n"

    assert parse(BEFORE + sent + sent + received) == Traffic(statements=2, control=0, round_trips=1)


@pytest.mark.skipif(sys.platform != "linux", reason="psycopg can trace on Linux only")
def test_traffic_of_a_real_connection(transactional_db):
    found = count(lambda: [list(Partner.objects.all()), Partner.objects.exists()], times=3)

    assert found == Traffic(statements=2, control=0, round_trips=2)
