"""Applications of the two front ends, for granian. Garbage is collected as in a process of Latchkey."""

import gc
from importlib import import_module
from typing import Any

import django


def bare() -> Any:
    return _load("bench.peer.bare.app")


def fastapi() -> Any:
    return _load("bench.peer.with_fastapi.app")


def _load(module: str) -> Any:
    django.setup()  # before the models are imported
    application = import_module(module).application
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
    return application
