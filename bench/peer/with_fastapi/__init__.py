"""Front end as FastAPI's documentation recommends it: models for requests and responses, dependencies, Jinja2.

For speed, as that documentation says: return types instead of response classes, so that Pydantic writes the JSON
(Custom Response, "JSON Performance"); `async` functions and dependencies, which need no threads; a middleware of pure
ASGI; `Json` fields, so that Pydantic reads what PostgreSQL wrote; templates that are compiled once; no telemetry.
"""
