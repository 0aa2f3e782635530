"""Mails to contributors. They have no tracking and no images."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from invitations.models import Delivery, Invitation, PersonalLink, VerificationCode, public_url

# stands for the token in the link of a preview
PREVIEW_TOKEN = "preview"  # noqa: S105


def invitation_mail(delivery: Delivery, link: PersonalLink) -> EmailMultiAlternatives:
    mail = _invitation_mail(delivery.invitation, to=delivery.email, url=public_url(link.token))
    mail.extra_headers["Message-ID"] = delivery.message_id
    # django-anymail passes it to the provider and gets it back with each report; one provider takes 80 characters
    mail.metadata = {"delivery": delivery.reference}  # type: ignore[attr-defined]
    return mail


def preview_mail(invitation: Invitation) -> EmailMultiAlternatives:
    """The mail to the first address, with a link that does not work."""
    to = next(iter(invitation.mailable_emails), "name@example.com")
    return _invitation_mail(invitation, to=to, url=public_url(PREVIEW_TOKEN))


def code_mail(code: VerificationCode) -> EmailMultiAlternatives:
    mail = _mail("code", code.invitation, to=code.email, context={"code": code})
    mail.extra_headers["Message-ID"] = code.message_id
    mail.metadata = {"code": str(code.pk)}  # type: ignore[attr-defined]
    return mail


def _invitation_mail(invitation: Invitation, *, to: str, url: str) -> EmailMultiAlternatives:
    if invitation.connection:
        context = {"email": to, "url": url, "provider": invitation.connection.provider_name}
        return _mail("repair", invitation, to=to, context=context)
    return _mail("invitation", invitation, to=to, context={"email": to, "url": url})


def _mail(name: str, invitation: Invitation, *, to: str, context: dict[str, Any]) -> EmailMultiAlternatives:
    company, partner = invitation.company, invitation.company.partner
    known = {"company": company.name, "partner": partner.name, "for_itself": company.name == partner.name}
    context = {"invitation": invitation, **known, **context}
    subject = render_to_string(f"invitations/email/{name}_subject.txt", context)
    mail = EmailMultiAlternatives(
        # a name with a line break must not become a header of its own
        subject=" ".join(subject.split()),
        body=render_to_string(f"invitations/email/{name}.txt", context),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[to],
        reply_to=[company.reply_to] if company.reply_to else None,
        headers={"Auto-Submitted": "auto-generated"},  # RFC 3834, 5
    )
    mail.attach_alternative(render_to_string(f"invitations/email/{name}.html", context), "text/html")
    return mail
