"""Creation of many invitations: from the items of a body to the services, and to a result for each."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from rest_framework.exceptions import ValidationError

from companies.actors import Actor
from companies.models import Company
from config.api.validation import validate
from config.exceptions import InvalidField
from invitations.api.bodies import IfOpenExists
from invitations.api.bulk.bodies import BulkItem, ids_in_prefills
from invitations.api.bulk.results import problem_of
from invitations.api.representation import represent_invitation, represent_rows
from invitations.exceptions import OpenInvitationExists
from invitations.models import Invitation
from invitations.services.bulk import Wanted, create_invitations
from invitations.services.references import References
from invitations.services.terms import check_terms


class Item(NamedTuple):
    """An item of the body: `wanted`, or the `error` that makes it invalid."""

    external_id: str | None
    may_return: bool = False
    wanted: Wanted | None = None
    error: Exception | None = None


def create_items(company: Company, items: list[Any], if_open_exists: str, *, by: Actor) -> list[dict[str, Any]]:
    """Create an invitation for each valid item. Returns the results in order."""
    references = References.load(
        company,
        datasource_ids=ids_in_prefills(items, "datasourceId"),
        site_ids=ids_in_prefills(items, "initialSites"),
    )
    seen: set[str] = set()
    read = [_read(company, data, if_open_exists, references, seen) for data in items]
    wanted = [item.wanted for item in read if item.wanted]
    created = iter(create_invitations(company, wanted, by=by, references=references))
    outcomes = [next(created) if item.wanted else item.error for item in read]
    returned = _returned(read, outcomes)
    return [_result(number, *pair, returned) for number, pair in enumerate(zip(read, outcomes, strict=True))]


def _read(company: Company, data: Any, if_open_exists: str, references: References, seen: set[str]) -> Item:
    """Validate an item. `seen` has the external ids of the items before it."""
    try:
        terms = validate(BulkItem, data, lambda valid: check_terms(company, references=references, **valid))
        if terms["external_id"] in seen:
            raise InvalidField(("external_id",), "An item before this one has the same externalId.", code="duplicate")
    except (ValidationError, InvalidField) as error:
        return Item(_external_id(data), error=error)
    seen.add(terms["external_id"])
    prefill, mode = terms.pop("prefill", None), terms.pop("if_open_exists", if_open_exists)
    wanted = Wanted(terms, prefill, unless_open=mode != IfOpenExists.CREATE)  # type: ignore[arg-type]
    return Item(terms["external_id"], mode == IfOpenExists.RETURN, wanted)


def _external_id(data: Any) -> str | None:
    """Return the external id of an invalid item, if that is valid."""
    given = {"externalId": data["externalId"]} if isinstance(data, dict) and "externalId" in data else {}
    try:
        external_id: str = validate(BulkItem, given)["external_id"]
    except ValidationError:
        return None
    return external_id


def _returned(items: Sequence[Item], outcomes: Sequence[Any]) -> dict[str, dict[str, Any]]:
    """Read the open invitations that are returned, by their ids, with one query."""
    ids = {
        outcome.invitation_id
        for item, outcome in zip(items, outcomes, strict=True)
        if item.may_return and isinstance(outcome, OpenInvitationExists)
    }
    return {shown["id"]: shown for shown in represent_rows(list(ids))} if ids else {}


def _result(number: int, item: Item, outcome: Any, returned: dict[str, dict[str, Any]]) -> dict[str, Any]:
    if isinstance(outcome, Invitation):
        return _to_json(item, 201, outcome.pk, invitation=represent_invitation(outcome))
    open_id: UUID | None = getattr(outcome, "invitation_id", None)
    if item.may_return and open_id:
        return _to_json(item, 200, open_id, invitation=returned[str(open_id)])
    problem = problem_of(outcome, below=f"/items/{number}")
    return _to_json(item, problem["status"], open_id, problem=problem)


def _to_json(
    item: Item,
    status: int,
    invitation_id: UUID | None,
    *,
    invitation: dict[str, Any] | None = None,
    problem: dict[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "externalId": item.external_id,
        "status": status,
        "invitationId": invitation_id,
        "invitation": invitation,
        "problem": problem,
    }
