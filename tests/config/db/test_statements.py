import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Value
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from companies.models import Partner
from config.db.statements import Statement
from tests.factories import CompanyFactory

echo = Statement("SELECT %(one)s::text, %(two)s::integer, %(one)s::text || '%%'")
rename = Statement("UPDATE companies_company SET name = %(name)s WHERE id = %(id)s RETURNING name")


def test_parameters_may_repeat_and_be_none(db):
    assert echo.rows(one="a", two=2) == [("a", 2, "a%")]
    assert echo.row(one="a", two=None) == ("a", None, "a%")
    assert rename.row(name="a", id=None) is None


def test_logged_statement_gives_the_same(db):
    expected = echo.rows(one="a", two=2)
    with CaptureQueriesContext(connection) as queries:
        assert echo.rows(one="a", two=2) == expected
    assert len(queries) == 1


def test_statement_belongs_to_the_transaction(db):
    company = CompanyFactory.create(name="Before")

    @transaction.atomic
    def rename_twice() -> None:
        rename.row(name="After", id=company.pk)
        rename.row(name="", id=company.pk)

    with pytest.raises(IntegrityError):
        rename_twice()
    company.refresh_from_db()
    assert company.name == "Before"


def test_broken_transaction_is_refused(db):
    company = CompanyFactory.create()
    with transaction.atomic():
        with pytest.raises(IntegrityError), transaction.atomic(savepoint=False):
            rename.row(name="", id=company.pk)
        with pytest.raises(TransactionManagementError):
            echo.rows(one="a", two=2)
        transaction.set_rollback(True)


def test_statement_is_prepared_unless_pooled(db, monkeypatch):
    def prepared() -> bool:
        echo.rows(one="a", two=2)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%|| ''%%'''")
            return cursor.fetchone() == (1,)

    connection.ensure_connection()
    monkeypatch.setattr(connection.connection, "prepare_threshold", None)
    assert not prepared()
    monkeypatch.setattr(connection.connection, "prepare_threshold", 2)
    assert prepared()


def test_queries_of_models_are_never_prepared(db):
    """Their plan depends on the values: one company has a row, another has millions."""
    for _ in range(10):
        list(Partner.objects.annotate(only_here=Value(1)).filter(name="Nobody"))

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%only_here%'")
        assert cursor.fetchone() == (0,)
