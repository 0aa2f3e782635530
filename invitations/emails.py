"""The mails: who invites whom, what will be asked, and what to do if it is not for you. No tracking, no images."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from invitations.models import Delivery, Invitation, PersonalLink, VerificationCode, public_url

# stands in a link where the token will be
LEADS_NOWHERE = "preview"


def invitation_mail(delivery: Delivery, link: PersonalLink) -> EmailMultiAlternatives:
    """The invitation with the personal link of its address."""
    mail = _invitation_mail(delivery.invitation, to=delivery.email, url=public_url(link.token))
    mail.extra_headers["Message-ID"] = delivery.message_id
    # django-anymail hands it to the provider, and gets it back with each report; one of them takes 80 characters
    mail.metadata = {"delivery": delivery.reference}  # type: ignore[attr-defined]
    return mail


def preview_mail(invitation: Invitation) -> EmailMultiAlternatives:
    """What would be mailed to the first of its addresses, with a link that leads nowhere."""
    to = next(iter(invitation.mailable_emails), "name@example.com")
    return _invitation_mail(invitation, to=to, url=public_url(LEADS_NOWHERE))


def code_mail(code: VerificationCode) -> EmailMultiAlternatives:
    """The six digits that verify an address."""
    mail = _mail("code", code.invitation, to=code.email, context={"invitation": code.invitation, "code": code})
    mail.extra_headers["Message-ID"] = code.message_id
    mail.metadata = {"code": str(code.pk)}  # type: ignore[attr-defined]
    return mail


def _invitation_mail(invitation: Invitation, *, to: str, url: str) -> EmailMultiAlternatives:
    name = "repair" if invitation.repairs else "invitation"
    return _mail(name, invitation, to=to, context={"invitation": invitation, "email": to, "url": url})


def _mail(name: str, invitation: Invitation, *, to: str, context: dict[str, Any]) -> EmailMultiAlternatives:
    company = invitation.company
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
