"""Partner systems that create invitations at several web servers, and repeat each request until it is answered."""

import http.client
import json
import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from tests.operations.installations import PORT, PROXY_HEADERS
from tests.operations.networks import Machine

LONGEST = 300  # seconds, in which a request is repeated


class Wanted(NamedTuple):
    """A request. `key` is its `Idempotency-Key`."""

    path: str
    body: Any
    key: str


class Clients:
    """`refused` counts answers that were repeated, by status; 0 is none at all."""

    def __init__(self, servers: Sequence[Machine], api_key: str, *, seed: int) -> None:
        self.servers, self.api_key = servers, api_key
        self.random = random.Random(seed)
        self.refused: dict[int, int] = {}
        self._counted = threading.Lock()

    def send_all(self, requests: Sequence[Wanted], *, at_once: int, seconds: float) -> list[Any]:
        """Return the answer to each request. They take `seconds` or longer."""
        pause = seconds * at_once / len(requests)

        def send(wanted: Wanted) -> Any:
            time.sleep(pause)
            return self.send(wanted)

        with ThreadPoolExecutor(at_once) as threads:
            return list(threads.map(send, requests))

    def send(self, wanted: Wanted) -> Any:
        """Repeat the request until a server answers it, each time at any of them."""
        deadline = time.monotonic() + LONGEST
        while True:
            status, body = post(self.random.choice(self.servers), wanted, self.api_key)
            if status in (201, 207):
                return json.loads(body)
            # 409: the first try is still running; 429: of another client, too
            assert status in (0, 409, 429, 502, 503), body
            assert time.monotonic() < deadline, f"no answer to {wanted.key}: {status}"
            with self._counted:
                self.refused[status] = self.refused.get(status, 0) + 1
            time.sleep(0.3)


def post(server: Machine, wanted: Wanted, api_key: str) -> tuple[int, bytes]:
    """Return status and body. The status is 0 if the connection failed, or the answer did not come within 15 s."""
    headers = {"X-API-KEY": api_key, "Content-Type": "application/json", "Idempotency-Key": wanted.key}
    client = http.client.HTTPConnection(server.address, PORT, timeout=15)
    try:
        client.request("POST", wanted.path, json.dumps(wanted.body), PROXY_HEADERS | headers)
        response = client.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        client.close()
