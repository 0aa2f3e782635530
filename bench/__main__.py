"""`python -m bench`: how many requests a second Latchkey answers, beside a bare ModelViewSet of the same table."""

import argparse
import os
import sys
from urllib.parse import quote, urlsplit

import django

from bench import Failed, servers
from config import database


def main() -> int:
    arguments = _arguments()
    os.environ.pop("DATABASE_URL", None)
    url = arguments.database_url or _embedded_url()
    if "bench" not in urlsplit(url).path:
        print("The database is made anew each time: its name must contain 'bench'.", file=sys.stderr)
        return 2
    os.environ |= servers.production(url) | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    django.setup()
    from bench.run import run  # noqa: PLC0415 - the models can be imported only now

    try:
        run(url, arguments)
    except Failed as failure:
        print(f"\nFAILED: {failure}", file=sys.stderr)
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="invitations, a tenth of them the company's")
    parser.add_argument("--compare-rows", type=int, help="measure again with so many")
    parser.add_argument("--seconds", type=int, default=5, help="of each measurement, after one to warm up")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--blocking-threads", type=int, default=4)
    parser.add_argument("--database-url", help="made anew; else latchkey_bench on the embedded server")
    return parser.parse_args()


def _embedded_url() -> str:
    database.start_embedded()
    return f"postgres://postgres@/latchkey_bench?host={quote(str(database.embedded_settings()['HOST']), safe='/')}"


if __name__ == "__main__":
    sys.exit(main())
