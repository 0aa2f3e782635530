"""A collector: takes connections that wait for their check, logs in at the utility, reports what it found.

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

BASE_URL = os.environ["BASE_URL"]
API_KEY = os.environ["API_KEY"]
COMPANY_ID = os.environ["COMPANY_ID"]
PAUSE_SECONDS = float(os.environ.get("PAUSE_SECONDS", "10"))


def call(method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    headers = {"X-API-KEY": API_KEY, "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(f"{BASE_URL}/v2/{path}", data, headers, method=method), timeout=30) as answer:  # noqa: S310
        return json.load(answer)  # type: ignore[no-any-return]


def waiting() -> Iterator[dict[str, Any]]:
    path = f"connection/company/{COMPANY_ID}?status=PENDING&limit=100"
    page = call("GET", path)
    yield from page["connections"]
    while page["hasNext"]:
        page = call("GET", f"{path}&cursor={page['nextCursor']}")
        yield from page["connections"]


def log_in(credentials: dict[str, Any]) -> str:
    """Replace this by what logs in at `credentials["url"]`; returns a status of the API."""
    return "CONNECTED" if credentials["password"] else "PASSWORD_INCORRECT"


def check(connection: dict[str, Any]) -> None:
    credentials = call("POST", f"connection/{connection['id']}/credentials", {})
    found = {"status": log_in(credentials), "credentialsVersion": credentials["credentialsVersion"]}
    try:
        call("POST", f"connection/{connection['id']}/status", found)
    except HTTPError as error:
        if error.code != 409:  # changed in the meantime: it is in the next round
            raise


if __name__ == "__main__":
    while True:
        for each in waiting():
            check(each)
        time.sleep(PAUSE_SECONDS)
