#!/usr/bin/env python
"""Django's command line, with the embedded PostgreSQL running when no other database is named."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line  # noqa: PLC0415

    from config.database import start_embedded  # noqa: PLC0415

    start_embedded()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
