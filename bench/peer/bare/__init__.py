"""Front end with Starlette alone: fields checked by hand, JSON by orjson, pages put together from pieces."""
