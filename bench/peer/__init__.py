"""Peers: six operations of Latchkey without Django and REST framework, over the same tables, with the same answers.

There are two, which share their SQL, their rules and all that is done for each request (`bench.peer.outer`), and differ
in their front end:

- `with_fastapi` is what an engineer who doubts Django would write: FastAPI with models for requests and responses,
  dependencies, and templates of Jinja2. Its docstring says what it does for speed.
- `bare` is the limit: Starlette, fields checked by hand, JSON by orjson, and a page that is put together from pieces
  of Latchkey's own, without a template engine.

Both do, like Latchkey: the hash of the API key, its scope, expiry, revocation and last use; the partner's own rows
only; strict query parameters and bodies without duplicate keys; the rules of each field; encryption with the same
keyring; CSRF token and origin; one use under a guard in the statement that spends it; `VIEWED` once in ten minutes and
`FETCHED` for programs; the job of a sandbox; security headers, request ids, host, https, the limit of bodies, and a
redacted line in the log for each request.

They do not: any other operation, any page that says why a link is closed, personal and repaired links, verified
addresses, sites, corrections, forms that come back with errors, filters of lists, `Idempotency-Key`, mails, languages
other than English, brandings, frames, drafts that are shown, reminders, probes of readiness, limits of requests,
deadlines of slow clients. They answer such requests with an error. One error is reported at a time, without its JSON
pointer.

Like Latchkey they run on granian with uvloop, and freeze their modules for the garbage collector. Their pool is
asyncpg's as it comes, which resets each connection after its use; `PEER_WITHOUT_RESET` in the environment leaves that
out.
"""
