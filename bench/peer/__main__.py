"""`python -m bench.peer --port PORT`: the peer with the workers of `WEB_WORKERS`."""

import argparse
import os

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import Server

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.peer")
    parser.add_argument("--port", type=int, required=True)
    Server(
        "bench.peer.app:application",
        port=parser.parse_args().port,
        interface=Interfaces.ASGI,
        workers=int(os.environ["WEB_WORKERS"]),
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels.error,
    ).serve()
