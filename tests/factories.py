"""Factories: every field has a default."""

from datetime import timedelta
from functools import cache
from typing import Any

import factory
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone
from factory.django import DjangoModelFactory

from companies.actors import SYSTEM
from companies.models import (
    ApiKey,
    Company,
    Partner,
    PartnerEvent,
    PartnerEventType,
    Scope,
    Site,
    StoredMail,
    User,
    WebhookDelivery,
    WebhookEndpoint,
    World,
)
from companies.services.mailbox import send_or_store
from companies.services.partners import issue_api_key
from companies.services.webhooks.signing import encrypt_secret, new_secret
from companies.services.webhooks.statements import lock_stream, number_after
from connections.models import Connection, Datasource
from connections.services.connections import create_connection
from invitations.models import Invitation
from invitations.services.invitations import create_invitation
from tests.secrecy import KNOWN


def hashed(password: str) -> str:
    """Hash of the password, made once for each hasher: the slow ones take a third of a second."""
    KNOWN.note(password)
    return _hashed(password, settings.PASSWORD_HASHERS[0])


@cache
def _hashed(password: str, hasher: str) -> str:
    return make_password(password)


class PartnerFactory(DjangoModelFactory[Partner]):
    class Meta:
        model = Partner

    name = factory.Sequence(lambda n: f"Partner {n}")


class CompanyFactory(DjangoModelFactory[Company]):
    class Meta:
        model = Company

    partner = factory.SubFactory(PartnerFactory)
    name = factory.Sequence(lambda n: f"Company {n}")


class SiteFactory(DjangoModelFactory[Site]):
    class Meta:
        model = Site

    company = factory.SubFactory(CompanyFactory)
    name = factory.Sequence(lambda n: f"Site {n}")


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"staff{n}@example.com")
    name = factory.Sequence(lambda n: f"Staff {n}")
    password = factory.Transformer("correct horse battery", transform=hashed)
    is_superuser = True


class DatasourceFactory(DjangoModelFactory[Datasource]):
    class Meta:
        model = Datasource

    name = factory.Sequence(lambda n: f"Provider {n}")
    login_url = factory.Sequence(lambda n: f"https://provider{n}.example.com/login")
    country = "GB"
    utility_types = ["ELECTRICITY"]


def make_api_key(partner: Partner, *, scopes: list[str] | None = None, **fields: Any) -> tuple[ApiKey, str]:
    """Key and its secret value. `scopes` need not go together: a test may use one key for all operations."""
    key, value = issue_api_key(partner, **{"name": "Test", **fields})
    if scopes is not None:
        key.scopes = scopes
        key.save(update_fields=["scopes"])
    KNOWN.note(value)
    return key, value


def make_full_key(company: Company, **fields: Any) -> tuple[ApiKey, str]:
    """Key for the world of the company, with every scope that such a key may have."""
    scopes = [scope.value for scope in Scope if not (company.is_live and scope == Scope.TEST)]
    return make_api_key(company.partner, scopes=scopes, is_live=company.is_live, **fields)


def make_stored_mail(company: Company | None = None) -> StoredMail:
    """Mail of a test invitation, by default of a new company."""
    company = company or CompanyFactory(is_live=False)
    mail = EmailMultiAlternatives("Please connect", "Hello", to=["anna@example.com"])
    send_or_store(mail, world=World(company.partner_id, is_live=False), company=company)
    return StoredMail.objects.latest("pk")


def let_expire(**which: Any) -> None:
    """Set the expiry of the keys to a second ago."""
    now = timezone.now()
    ApiKey.objects.filter(**which).update(created_at=now - timedelta(days=1), expires_at=now - timedelta(seconds=1))


def make_connection(company: Company | None = None, **fields: Any) -> Connection:
    """Connection, by default of a new company to a new provider."""
    if "url" not in fields:
        fields.setdefault("datasource", DatasourceFactory())
    credentials = fields.pop("credentials", {"username": "someone", "password": "something only they know"})
    return create_connection(company or CompanyFactory(), credentials=credentials, **fields)


def make_invitation(company: Company | None = None, **fields: Any) -> Invitation:
    """Invitation, by default of a new company, for anyone, without expiry or limit."""
    return create_invitation(company or CompanyFactory(), by=fields.pop("by", SYSTEM), **fields)


def make_endpoint(company: Company | None = None, *, secret: str = "", **fields: Any) -> WebhookEndpoint:
    """Webhook endpoint of the company's partner, for all events."""
    world = (company or CompanyFactory()).world
    endpoint = WebhookEndpoint(**world._asdict(), **{"url": "https://hooks.example.com/latchkey"} | fields)
    if "encrypted_secret" not in fields:
        endpoint.encrypted_secret = encrypt_secret(endpoint, secret or new_secret())
    endpoint.save(force_insert=True)
    return endpoint


def make_delivery(endpoint: WebhookEndpoint | None = None, **fields: Any) -> WebhookDelivery:
    """Delivery of a new test event, by default to a new endpoint."""
    endpoint = endpoint or make_endpoint()
    event = {"type": PartnerEventType.WEBHOOK_TEST, "data": {"webhookId": str(endpoint.pk)}}
    event |= {name: fields.pop(name) for name in ("type", "data", "company", "resource_id") if name in fields}
    created = PartnerEvent.objects.create(**endpoint.world._asdict(), **event)
    number_after(lock_stream(*endpoint.world), *endpoint.world)
    created.refresh_from_db(fields=["sequence"])
    return WebhookDelivery.objects.create(endpoint=endpoint, event=created, **fields)
