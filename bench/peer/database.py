"""Connections to PostgreSQL: one pool for each worker. Statements are prepared the first time."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

POOL_SIZE = 8

_pool: asyncpg.Pool


@asynccontextmanager
async def connected(_app: Any) -> AsyncIterator[None]:
    global _pool  # noqa: PLW0603 - the worker's only one
    reset = _keep if os.environ.get("PEER_WITHOUT_RESET") else None
    _pool = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=4, max_size=POOL_SIZE, reset=reset)
    yield
    await _pool.close()


def pool() -> asyncpg.Pool:
    return _pool


async def _keep(_connection: Any) -> None:
    """Leave out the statements with which the pool cleans a session for its next user: a round trip each time."""
