"""Program: create invitations for some seconds, without retries, and print what became of them.

Arguments: URL of the call, API key, seconds. A connection that ends counts as `lost`.
"""

import http.client
import json
import ssl
import sys
import time
from collections import Counter
from threading import Thread
from urllib.parse import urlsplit

THREADS = 4


def main() -> None:
    url, key, seconds = sys.argv[1:]
    outcomes: Counter[str] = Counter()
    longest = [0.0]
    threads = [Thread(target=create, args=(url, key, float(seconds), outcomes, longest)) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.stdout.write(json.dumps({"outcomes": outcomes, "longest": round(longest[0], 1)}))


def create(url: str, key: str, seconds: float, outcomes: Counter[str], longest: list[float]) -> None:
    parts = urlsplit(url)
    context = ssl._create_unverified_context()
    client = http.client.HTTPSConnection(parts.netloc, timeout=30, context=context)
    end = time.monotonic() + seconds
    while (begin := time.monotonic()) < end:
        try:
            client.request("POST", parts.path, b"{}", {"X-API-KEY": key, "Content-Type": "application/json"})
            response = client.getresponse()
            response.read()
            outcomes[str(response.status)] += 1
        except (OSError, http.client.HTTPException):
            client.close()
            outcomes["lost"] += 1
        longest[0] = max(longest[0], time.monotonic() - begin)


if __name__ == "__main__":
    main()
