"""Results of operations on many invitations, in responses with status 207."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from rest_framework import serializers

from config.api.examples import example_of
from config.api.exception_handler import exception_handler
from config.api.schema import ProblemSerializer
from config.exceptions import NotFound
from invitations.api.serializers import InvitationSerializer

CREATED = example_of(InvitationSerializer) | {"externalId": "order-7781", "allowedEmails": ["jane@example.com"]}


class ResultProblemSerializer(ProblemSerializer):
    """Problem document (RFC 9457) of one result, with the values that headers and further members have elsewhere."""

    invitationId = serializers.UUIDField(required=False, help_text="With `OPEN_INVITATION_EXISTS`.")
    retryAfter = serializers.IntegerField(required=False, help_text="With 429: seconds to wait.")


class CreationSerializer(serializers.Serializer[Any]):
    """Result of one item."""

    example: dict[str, Any] = {
        "externalId": "order-7781",
        "status": 201,
        "invitationId": CREATED["id"],
        "invitation": CREATED,
    }
    externalId = serializers.CharField(allow_null=True, help_text="Of the item. Null if it has none that is valid.")
    status = serializers.IntegerField(
        help_text="201: created. 200: an open invitation is returned. Otherwise the status of the `problem`."
    )
    invitationId = serializers.UUIDField(
        allow_null=True, help_text="Of `invitation`; for `OPEN_INVITATION_EXISTS`, of the open invitation."
    )
    invitation = InvitationSerializer(allow_null=True)
    problem = ResultProblemSerializer(
        allow_null=True, help_text="Why there is no invitation. Pointers begin with the item, such as `/items/3`."
    )


class CreationsSerializer(serializers.Serializer[Any]):
    """Results in the order of the items."""

    results = CreationSerializer(many=True)


class ChangeSerializer(serializers.Serializer[Any]):
    """Result of one invitation."""

    example: dict[str, Any] = {"status": 200}
    invitationId = serializers.UUIDField()
    status = serializers.IntegerField(
        help_text="What the operation on one invitation answers; 404 if the company has no such invitation."
    )
    problem = ResultProblemSerializer(allow_null=True, help_text="Why nothing was done. Null if it was.")


class ChangesSerializer(serializers.Serializer[Any]):
    """Results in the order of the ids, or newest first."""

    results = ChangeSerializer(many=True)
    hasMore = serializers.BooleanField(help_text="True if more than these 500 invitations match the filter.")
    nextCursor = serializers.CharField(allow_null=True, help_text="`cursor` of a request for the next ones.")


def change_results(
    ids: Sequence[UUID], outcomes: Mapping[UUID, Exception | None], *, status: int, cursor: str | None
) -> dict[str, Any]:
    results = []
    for invitation_id in ids:
        error = outcomes[invitation_id] if invitation_id in outcomes else NotFound()
        problem = problem_of(error) if error else None
        results.append(
            {
                "invitationId": invitation_id,
                "status": problem["status"] if problem else status,
                "problem": problem,
            }
        )
    return {"results": results, "hasMore": cursor is not None, "nextCursor": cursor}


def problem_of(error: Exception, *, below: str = "") -> dict[str, Any]:
    """Return the problem document that a request of its own would get, with its pointers below this one.

    `retryAfter`: the seconds of the header `Retry-After`. Raises an unexpected error again.
    """
    response = exception_handler(error, {})
    if response is None:
        raise error
    problem: dict[str, Any] = orjson.loads(response.content)
    for each in problem["errors"]:
        each["pointer"] = below + each["pointer"]
    if "Retry-After" in response:
        problem["retryAfter"] = int(response["Retry-After"])
    return problem
