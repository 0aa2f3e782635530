"""Models of requests and responses."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Json
from pydantic.alias_generators import to_camel

from bench.peer.create import COUNTRIES, UTILITY_TYPES, Terms
from bench.peer.submit import Form
from companies.addresses import normalize_address
from companies.services.companies import check_external_id
from config.db.metadata import check_metadata
from config.typed_text import clean_typed
from config.validators import validate_multi_line
from invitations.services.addresses import normalize_allowed_emails


def _check_country(code: str) -> str:
    if code not in COUNTRIES:
        raise ValueError("Unknown country.")
    return code


def _check_message(text: str) -> str | None:
    return validate_multi_line(text, max_length=2000, field=("message",)) or None


Country = Annotated[str, AfterValidator(_check_country)]
Kind = Literal[*sorted(UTILITY_TYPES)]  # type: ignore[valid-type]


class Query(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=100)
    cursor: str | None = None


class Body(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True)


class PrefillBody(Body):
    country: Country | None = None
    utility_types: list[Kind] | None = None


class InvitationBody(Body):
    allowed_emails: Annotated[list[str], AfterValidator(normalize_allowed_emails)] | None = None
    expires_in_seconds: Annotated[int, Field(ge=60, le=3650 * 24 * 60 * 60)] | None = None
    max_uses: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    prefill: PrefillBody = PrefillBody()
    message: Annotated[str, AfterValidator(_check_message)] | None = None
    external_id: Annotated[str, AfterValidator(check_external_id)] | None = None
    metadata: Annotated[dict[str, str], AfterValidator(check_metadata)] = {}

    @property
    def terms(self) -> Terms:
        prefill = {name: value for name, value in self.prefill.model_dump(by_alias=True).items() if value}
        return Terms(
            emails=self.allowed_emails or [],
            expires_in=self.expires_in_seconds,
            max_uses=self.max_uses,
            prefill=orjson.dumps(prefill).decode(),
            message=self.message,
            external_id=self.external_id,
            metadata=orjson.dumps(self.metadata).decode(),
        )


class ConnectForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    csrfmiddlewaretoken: str = ""
    consent: str = ""
    form_id: UUID
    provider: Annotated[str, AfterValidator(clean_typed)]
    country: Country | None = None
    utility_types: list[Kind] = []
    owner_email: Annotated[str, AfterValidator(normalize_address)] | None = None
    username: Annotated[str, AfterValidator(clean_typed), Field(min_length=1, max_length=254)]
    password: str = Field(min_length=1, max_length=1000)

    @property
    def form(self) -> Form:
        return Form(
            form_id=self.form_id,
            provider=self.provider,
            country=self.country,
            utility_types=self.utility_types,
            owner_email=self.owner_email,
            username=self.username,
            password=self.password,
            consent=self.consent,
        )


class Shown(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)


class CreatedConnection(Shown):
    id: UUID
    datasource_name: str
    status: str
    created: datetime


class Invitation(Shown):
    id: UUID
    token: str
    invitation_type: str
    status: str
    invitation_url: str
    company_id: UUID
    connection_id: UUID | None
    allowed_emails: list[str]
    expires_at: datetime | None
    max_uses: int | None
    use_count: int
    created_at: datetime
    updated_at: datetime
    prefill: Json[dict[str, Any]]
    created_connections: Json[list[CreatedConnection]]
    message: str | None
    locale: str
    external_id: str | None
    metadata: Json[dict[str, str]]
    redirect_url: str | None
    revoked_at: datetime | None
    reminders: bool
    allow_forwarding: bool
    declined_at: datetime | None


class Event(Shown):
    id: UUID
    type: str
    created_at: datetime
    actor: str
    api_key: str | None
    email: str | None
    detail: dict[str, Any]


class Delivery(Shown):
    email: str
    status: str
    attempts: int
    last_error: str | None
    fault: str | None
    last_attempt_at: datetime | None


class InvitationDetail(Invitation):
    events: Json[list[Event]]
    has_more_events: bool
    deliveries: Json[list[Delivery]]


class InvitationPage(Shown):
    invitations: list[Invitation]
    per_page: int
    has_next: bool
    next_cursor: str | None
