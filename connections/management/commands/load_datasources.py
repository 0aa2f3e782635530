import csv
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, cast

from django.core.management.base import BaseCommand, CommandError

from config.exceptions import InvalidField
from connections.models import ExtraCredential, LoginName, SecondFactor
from connections.services.catalogue import DatasourceRow, load_datasources

STARTING_CATALOGUE = Path(__file__).resolve().parents[2] / "catalogue.csv"
COLUMNS = ("name", "login_url", "country", "utility_types")
# without these columns the stored values stay
LISTS = {"asks_for": None, "aliases": ";"}
FACTS = ("portal_name", "login_with", "second_factor", "password_reset_url", "login_help")


class Command(BaseCommand):
    help = (
        "Adds missing utility providers and keeps the changes of staff. "
        "With a CSV file, it updates existing providers as well."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "csv",
            nargs="?",
            type=Path,
            help=f"UTF-8, with the columns {', '.join(COLUMNS)} (types separated by spaces). These columns are "
            "optional; without one, its stored values stay: asks_for (what a provider asks for besides user name and "
            f"password: {' '.join(ExtraCredential)}), aliases (separated by semicolons), {', '.join(FACTS)}. "
            f"login_with: {' '.join(LoginName)}. second_factor: {' '.join(SecondFactor)}.",
        )

    def handle(self, *args: Any, csv: Path | None, **options: Any) -> None:
        path = csv or STARTING_CATALOGUE
        try:
            count = load_datasources(read_catalogue(path), overwrite=csv is not None)
        except (OSError, UnicodeDecodeError, InvalidField) as error:
            raise CommandError(f"{path}: {error}") from None
        self.stdout.write(f"{count} providers loaded.")


def read_catalogue(path: Path) -> list[DatasourceRow]:
    """Read the rows of a file. Raises `InvalidField` if a column is missing."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if missing := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
            raise InvalidField(tuple(missing), f"The column {missing[0]} is missing.")
        return [_read_row(row) for row in reader]


def _read_row(cells: dict[str, str | None]) -> DatasourceRow:
    row = DatasourceRow(
        name=(cells["name"] or "").strip(),
        login_url=(cells["login_url"] or "").strip(),
        country=(cells["country"] or "").strip(),
        utility_types=(cells["utility_types"] or "").split(),
    )
    optional: dict[str, Any] = {
        name: [part.strip() for part in (cells[name] or "").split(separator) if part.strip()]
        for name, separator in LISTS.items()
        if name in cells
    }
    optional |= {name: (cells[name] or "").strip() or None for name in FACTS if name in cells}
    return cast(DatasourceRow, row | optional)
