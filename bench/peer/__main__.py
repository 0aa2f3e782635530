"""`python -m bench.peer bare --port PORT`: a front end of the peer with the workers of `WEB_WORKERS`."""

import argparse
import os

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import Server

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.peer")
    parser.add_argument("front_end", choices=["bare", "fastapi"])
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    Server(
        f"bench.peer.process:{arguments.front_end}",
        factory=True,
        port=arguments.port,
        interface=Interfaces.ASGI,
        workers=int(os.environ["WEB_WORKERS"]),
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels.error,
    ).serve()
