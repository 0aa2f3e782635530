"""`python -m bench`: Latchkey beside servers of the same answers without Django. See docs/speed.md."""

import argparse
import os
import sys
from importlib.util import find_spec
from urllib.parse import quote, urlsplit

import django

from bench import Failed, servers
from config import database
from config.db.embedded import Cluster

SCALE_OPTIONS = (
    "shared_preload_libraries=pg_stat_statements",
    "fsync=off",
    "shared_buffers=4GB",
    "max_wal_size=16GB",
    "maintenance_work_mem=1GB",
)
# as `bench.operations.OPERATIONS`, which needs django.setup()
NAMES = ("get", "list", "again", "first", "create", "submit")


def main() -> int:
    arguments = _arguments()
    if not all(map(find_spec, ("asyncpg", "fastapi", "jinja2", "multipart"))):
        print("Install the packages of the peers: .venv/bin/uv sync --group bench", file=sys.stderr)
        return 2
    os.environ.pop("DATABASE_URL", None)
    url = arguments.database_url or _embedded_url(scale=arguments.scale)
    if "bench" not in urlsplit(url).path:
        print("The database is dropped and created again: its name must contain 'bench'.", file=sys.stderr)
        return 2
    os.environ |= servers.production(url) | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    if arguments.scale:
        os.environ["LOG_LEVEL"] = "WARNING"
    os.environ["PEER_WITHOUT_RESET"] = "1" if arguments.peer_without_reset else ""
    django.setup()
    from bench.run import print_admin_lists, print_budget, print_scale, run  # noqa: PLC0415 - models need django.setup()

    try:
        if arguments.budget:
            print_budget(url, arguments)
        elif arguments.scale:
            print_scale(url, arguments)
        elif arguments.admin_lists:
            print_admin_lists(url, arguments)
        else:
            run(url, arguments)
    except Failed as failure:
        print(f"\nFAILED: {failure}", file=sys.stderr)
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--rows", type=int, default=100_000, help="number of invitations, a tenth of them for one company"
    )
    parser.add_argument("--compare-rows", type=int, help="measure again with this number of invitations")
    parser.add_argument(
        "--seconds", type=int, default=5, help="seconds of each measurement, after one second to warm up"
    )
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each server, in turn")
    parser.add_argument(
        "--only", type=_names, default=list(NAMES), help=f"some of {','.join(NAMES)}, separated by commas"
    )
    parser.add_argument(
        "--peers", type=_peers, default=["fastapi", "bare"], help="fastapi, bare, or both, separated by a comma"
    )
    parser.add_argument(
        "--budget", action="store_true", help="print what a request costs, by part; --seconds of processor time each"
    )
    parser.add_argument(
        "--admin-lists", action="store_true", help="print the time of each list of the admin, with --rows in each table"
    )
    parser.add_argument(
        "--scale",
        action="store_true",
        help="print what requests and jobs ask of PostgreSQL, with --rows and --compare-rows, on a server of its own",
    )
    parser.add_argument(
        "--peer-without-reset",
        action="store_true",
        help="let the pool of the peers hand out connections as they are; asyncpg resets them after each use",
    )
    parser.add_argument("--workers", type=int, default=4, help="processes of each server")
    parser.add_argument("--threads", type=int, help="of each process of Latchkey; default: as in production")
    parser.add_argument(
        "--database-url", help="database to drop and create; default: latchkey_bench on the embedded server"
    )
    return parser.parse_args()


def _names(text: str) -> list[str]:
    names = [name for name in NAMES if name in text.split(",")]
    if len(names) < len(text.split(",")):
        raise argparse.ArgumentTypeError(f"choose from {','.join(NAMES)}")
    return names


def _peers(text: str) -> list[str]:
    if not {*text.split(",")} <= {"fastapi", "bare"}:
        raise argparse.ArgumentTypeError("choose from fastapi,bare")
    return text.split(",")


def _embedded_url(*, scale: bool = False) -> str:
    """Start the server of development, or one that reports statements and may lose its rows in a power cut."""
    cluster = Cluster(database.DATA_DIR / "scale-postgres", SCALE_OPTIONS) if scale else database.EMBEDDED
    cluster.start()
    return f"postgres://postgres@/latchkey_bench?host={quote(cluster.host, safe='/')}"


if __name__ == "__main__":
    sys.exit(main())
