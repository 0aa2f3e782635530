"""A collector: lists pending connections, logs in at the utility, and reports the outcome.

If the utility's site was down, it tries again every 15 minutes (RETRY_SECONDS).

Usage: BASE_URL=https://... API_KEY=lk_... COMPANY_ID=... python examples/collector.py

The key needs the scopes connections:read, credentials:read and connections:status, and no others.
"""

import json
import os
import time
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

BASE_URL, API_KEY, COMPANY_ID = (os.environ[name] for name in ("BASE_URL", "API_KEY", "COMPANY_ID"))
PAUSE_SECONDS = float(os.environ.get("PAUSE_SECONDS", "10"))
RETRY_SECONDS = float(os.environ.get("RETRY_SECONDS", "900"))


def call(method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    headers = {"X-API-KEY": API_KEY, "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(f"{BASE_URL}/v2/{path}", data, headers, method=method), timeout=30) as answer:  # noqa: S310
        return json.load(answer)  # type: ignore[no-any-return]


def connections_in(*statuses: str) -> Iterator[dict[str, Any]]:
    path, cursor = f"connection/company/{COMPANY_ID}?limit=100&status={'&status='.join(statuses)}", ""
    while cursor is not None:
        page = call("GET", path + cursor)
        yield from page["connections"]
        cursor = f"&cursor={page['nextCursor']}" if page["hasNext"] else None


def log_in(credentials: dict[str, Any]) -> str:
    """Log in at `credentials["url"]` and return a status of the API. Replace this with your own login."""
    return "CONNECTED" if credentials["password"] else "PASSWORD_INCORRECT"


def check(connection: dict[str, Any]) -> None:
    try:
        credentials = call("POST", f"connection/{connection['id']}/credentials", {})
        outcome = {"status": log_in(credentials), "credentialsVersion": credentials["credentialsVersion"]}
        call("POST", f"connection/{connection['id']}/status", outcome)
    except HTTPError as error:
        if error.code != 409:  # the credentials changed, or cannot be read: try again in the next round
            raise


if __name__ == "__main__":
    retry_at = time.monotonic()
    while True:
        again = ["WEBSITE_DOWN"] if time.monotonic() >= retry_at else []
        retry_at = time.monotonic() + RETRY_SECONDS if again else retry_at
        for each in connections_in("PENDING", *again):
            check(each)
        time.sleep(PAUSE_SECONDS)
