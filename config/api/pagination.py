"""Keyset pagination: the cost of a page does not depend on its position in the table."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db.models import Q
from rest_framework import serializers
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.exception_handler import QueryName

CURSOR_SALT = "latchkey.cursor"


class KeysetPagination(BasePagination):
    """Pages as `{name: [...], perPage, hasNext, nextCursor}`, newest first, by `limit` and `cursor` in `view.query`.

    Reads `limit` + 1 rows and never counts. Relies on ids that grow with time (UUIDv7) and on a queryset in the order
    of `config.db.index_hints.newest_first_for`. Rejects cursors of other lists and forged ones. The header `Link`
    (RFC 8288) has the URL of the next page.
    """

    results_name: ClassVar[str]
    cursor_field: ClassVar[str] = QueryName("cursor")

    @classmethod
    def named(cls, results_name: str) -> type["KeysetPagination"]:
        """Return a pagination class with this name for its rows."""
        return type(f"{results_name.capitalize()}Pagination", (cls,), {"results_name": results_name})

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None, disjoint_conditions: Sequence[Q] = ()
    ) -> list[Any]:
        """Return the rows of a page.

        With `disjoint_conditions`, of which at most one holds for a row, returns rows for which one holds. PostgreSQL
        reads the index of each condition separately; for an `OR` it would use none.
        """
        self.request = request
        self.limit = limit = view.query["limit"]
        if cursor := view.query.get("cursor"):
            queryset = queryset.filter(pk__lt=self._decode(cursor))
        if len(disjoint_conditions) > 1:
            pages = [queryset.filter(condition).values("pk")[: limit + 1] for condition in disjoint_conditions]
            queryset = queryset.filter(pk__in=pages[0].union(*pages[1:], all=True))
        elif disjoint_conditions:
            queryset = queryset.filter(disjoint_conditions[0])
        rows = list(queryset[: limit + 1])
        return self._end_page(rows, lambda row: row.id)

    def paginate_by_id(self, read: Callable[..., list[dict[str, Any]]], view: Any) -> list[dict[str, Any]]:
        """Return a page of what `read` returns for `before`, the id that ends the page before, and `limit`."""
        self.request = view.request
        self.limit = limit = view.query["limit"]
        cursor = view.query.get("cursor")
        rows = read(before=self._decode(cursor) if cursor else None, limit=limit + 1)
        return self._end_page(rows, lambda row: UUID(row["id"]))

    def _end_page(self, rows: list[Any], get_id: Callable[[Any], UUID]) -> list[Any]:
        """Leave out the row that only tells that there is a next page."""
        is_last = len(rows) <= self.limit
        self.next_cursor = None if is_last else self._signer().sign(get_id(rows[self.limit - 1]).hex)
        return rows[: self.limit]

    def get_paginated_response(self, data: Any) -> Response:
        page = {
            self.results_name: data,
            "perPage": self.limit,
            "hasNext": self.next_cursor is not None,
            "nextCursor": self.next_cursor,
        }
        cursor = self.next_cursor
        return Response(page, headers={"Link": f'<{self._link_to(cursor)}>; rel="next"'} if cursor else None)

    def _link_to(self, cursor: str) -> str:
        """Return the URL of a page, with the same filters. Built from `PUBLIC_URL`, never from the host."""
        query = dict(self.request.query_params.lists()) | {"cursor": [cursor]}
        return f"{settings.PUBLIC_URL}{self.request.path}?{urlencode(query, doseq=True)}"

    def get_paginated_response_schema(self, schema: Any) -> dict[str, Any]:
        properties = {
            self.results_name: schema,
            "perPage": {"type": "integer", "example": 50},
            "hasNext": {"type": "boolean", "example": False},
            "nextCursor": {
                "type": "string",
                "nullable": True,
                "description": "`cursor` of the next page. Null on the last page.",
                "example": None,
            },
        }
        return {
            "type": "object",
            "description": f"A page of {self.results_name}, newest first.",
            "required": list(properties),
            "properties": properties,
        }

    def _signer(self) -> signing.Signer:
        return signing.Signer(salt=f"{CURSOR_SALT}.{self.results_name}")

    def _decode(self, cursor: str) -> UUID:
        try:
            return UUID(self._signer().unsign(cursor))
        except (signing.BadSignature, ValueError):
            error = serializers.ErrorDetail("This cursor does not belong to this list.", "bad_cursor")
            raise serializers.ValidationError({self.cursor_field: [error]}) from None
