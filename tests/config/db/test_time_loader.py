from datetime import UTC, datetime

from django.db import connection

from config.db.time_loader import TIMESTAMPTZ, UtcLoader

TIMES = ["0001-01-01 00:00:00", "2026-11-30 09:30:00", "2026-11-30 09:30:00.000001", "9999-12-31 23:59:59.999999"]


def test_times_are_read_in_utc(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT unnest(%s::timestamptz[])", [[f"{time}+00" for time in TIMES]])
        read = [time for (time,) in cursor]
    assert read == [datetime.fromisoformat(time).replace(tzinfo=UTC) for time in TIMES]
    assert {time.tzinfo for time in read} == {UTC}


def test_cursors_use_the_compiled_loader(db):
    connection.ensure_connection()
    with connection.cursor() as cursor:
        loaders = {each.adapters.get_loader(TIMESTAMPTZ, UtcLoader.format) for each in (connection.connection, cursor)}
    assert [type(loader) for loader in loaders] == [UtcLoader]
