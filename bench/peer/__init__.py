"""Peer: six operations of Latchkey without Django and REST framework, over the same tables, with the same answers.

An engineer who doubts that a framework is worth its time would write it like this: Starlette, asyncpg, orjson and SQL
by hand. Not FastAPI: it is Starlette with models for bodies and parameters, which would cost time and are not needed.

The peer does, like Latchkey: the hash of the API key, its scope, expiry, revocation and last use; the partner's own
rows only; strict query parameters and bodies without duplicate keys; the rules of each field; encryption with the same
keyring; CSRF token and origin; one use under a guard in the statement that spends it; `VIEWED` once in ten minutes and
`FETCHED` for programs; the job of a sandbox; security headers, request ids, host, https, the limit of bodies, and a
redacted line in the log for each request.

It does not: any other operation, any page that says why a link is closed, personal and repaired links, verified
addresses, sites, corrections, forms that come back with errors, filters of lists, `Idempotency-Key`, mails, languages,
probes of readiness, limits of requests, deadlines of slow clients. It answers such requests with an error. One error is
reported at a time, without its JSON pointer.

Like Latchkey it runs on granian with uvloop, and freezes its modules for the garbage collector. Its pool is asyncpg's
as it comes, which resets each connection after its use; `PEER_WITHOUT_RESET` in the environment leaves that out.

The page is put together from pieces of Latchkey's own page, which were rendered once for each combination of its parts.
No template engine is as fast. See `bench.peer.pages`.
"""
