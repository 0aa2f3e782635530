"""Mails to the contacts of partners, and what mails show of a branding."""

import base64
from dataclasses import dataclass
from email.mime.image import MIMEImage
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from companies.accents import LIGHT, accent_styles
from companies.models import Brand, Logo, WebhookEndpoint

LOGO_WIDTH, LOGO_HEIGHT = 200, 48  # pixels


@dataclass(frozen=True)
class MailLogo:
    """A logo inside a mail, found by its content id (RFC 2392). No mail program asks a server for it."""

    row: Logo
    width: int
    height: int
    backdrop: str | None

    @property
    def cid(self) -> str:
        return f"logo-{self.row.pk[:16]}@latchkey"

    def attach_to(self, mail: EmailMultiAlternatives) -> None:
        image = MIMEImage(bytes(self.row.content), self.row.media_type.removeprefix("image/"))
        image["Content-ID"] = f"<{self.cid}>"
        image["Content-Disposition"] = "inline"
        mail.mixed_subtype = "related"  # type: ignore[attr-defined]  # RFC 2387; the stubs are for Django 6
        mail.attach(image)


def mail_brand(brand: Brand) -> dict[str, Any]:
    """Return the context that `email/base.html` takes: the brand, its colours and its `MailLogo`."""
    look = accent_styles(brand.accent_color, LIGHT) if brand.accent_color else {}
    row = Logo.objects.filter(pk=brand.logo.id).first() if brand.logo else None
    size = brand.logo.within(LOGO_WIDTH, LOGO_HEIGHT) if brand.logo else (0, 0)
    logo = MailLogo(row, *size, brand.logo.backdrop) if row and brand.logo else None
    return {"brand": brand, "look": look, "logo": logo}


def html_with_pictures(mail: EmailMultiAlternatives) -> str:
    """Return the HTML of a mail with its attached pictures in it, as browsers need them."""
    ((html, _),) = mail.alternatives
    for attached in mail.attachments:
        if isinstance(attached, MIMEImage):
            data = base64.b64encode(attached.get_payload(decode=True)).decode()  # type: ignore[arg-type]
            url = f"data:{attached.get_content_type()};base64,{data}"
            html = str(html).replace(f"cid:{attached['Content-ID'][1:-1]}", url)
    return str(html)


def endpoint_disabled_mail(endpoint: WebhookEndpoint) -> EmailMultiAlternatives:
    """Mail to the contact of an endpoint to which Latchkey stopped sending."""
    context = {"endpoint": endpoint, "partner": endpoint.partner.name}
    subject = render_to_string("companies/email/endpoint_disabled_subject.txt", context)
    mail = EmailMultiAlternatives(
        subject=" ".join(subject.split()),
        body=render_to_string("companies/email/endpoint_disabled.txt", context),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[endpoint.contact_email or ""],
        headers={"Auto-Submitted": "auto-generated"},  # RFC 3834, 5
    )
    mail.attach_alternative(render_to_string("companies/email/endpoint_disabled.html", context), "text/html")
    return mail
