"""Mails to contributors, in the language of the invitation and the time zone of its company. They have no tracking.

Their only picture is a logo, which is attached: nothing is loaded from a server.
"""

from html import unescape
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.safestring import SafeString

from companies.emails import mail_brand
from companies.models import Company
from config.languages import speaking
from config.time_zones import find_time_zone
from invitations.models import (
    DeclineReason,
    Delivery,
    Invitation,
    InvitationEvent,
    PersonalLink,
    Receipt,
    ReminderSubscription,
    VerificationCode,
    public_url,
    unsubscribe_url,
)
from invitations.models.consent import consent_template
from invitations.models.erased import is_erased
from invitations.models.tokens import withdraw_url

# stands for the token in the link of a preview
PREVIEW_TOKEN = "preview"  # noqa: S105


def invitation_mail(delivery: Delivery, link: PersonalLink, **context: Any) -> EmailMultiAlternatives:
    context |= {"forwarded_by": delivery.forwarded_by, "note": delivery.note}
    mail = _invitation_mail(delivery.invitation, to=delivery.email, url=public_url(link.token), **context)
    mail.extra_headers["Message-ID"] = delivery.message_id
    # django-anymail passes it to the provider and gets it back with each report; one provider takes 80 characters
    mail.metadata = {"delivery": delivery.reference}  # type: ignore[attr-defined]
    return mail


def reminder_mail(delivery: Delivery, link: PersonalLink, subscription: ReminderSubscription) -> EmailMultiAlternatives:
    """The mail of a reminder. Its headers let mail programs offer a button that stops reminders (RFC 8058)."""
    stop_url = unsubscribe_url(subscription.token)
    mail = invitation_mail(delivery, link, stop_url=stop_url)
    with speaking(delivery.invitation.locale):
        subject = render_to_string("invitations/email/reminder_subject.txt", {"subject": mail.subject})
    mail.subject = subject.strip()
    mail.extra_headers["List-Unsubscribe"] = f"<{stop_url}>"
    mail.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
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


def render_consent(version: str, language: str, company: Company) -> SafeString:
    """Return the text of a consent as HTML, with the present names of the company and its partner."""
    with speaking(language):
        return render_to_string(consent_template(version), {"company": company})


def receipt_mail(receipt: Receipt) -> EmailMultiAlternatives:
    """The mail that says what a use shared. An address that was only typed gets no words of the visitor."""
    use, connection = receipt.use, receipt.use.target
    shown = render_consent(use.consent_version or "", use.consent_language or "", use.invitation.company)
    with speaking(use.invitation.locale):
        utilities = connection.utility_type_names
    context = {
        "use": use,
        "url": withdraw_url(receipt.token),
        "is_proven": use.email is not None,
        "provider": connection.provider_name if use.email or connection.datasource else None,
        "utilities": utilities,
        "since": connection.collection_start_date,
        "consent": shown,
        "consent_text": unescape(strip_tags(shown)).strip(),
    }
    mail = _mail("receipt", use.invitation, to=use.receipt_email or "", context=context)
    mail.extra_headers["Message-ID"] = receipt.message_id
    return mail


def notice_mail(event: InvitationEvent, *, to: str) -> EmailMultiAlternatives:
    """The mail to the inviter about an event, in the language of the admin. Its `note` is shown if its author is known.

    A stranger's words would otherwise leave in our name.
    """
    invitation, name = event.invitation, f"admin/invitations/email/{event.type.lower()}"
    path = reverse("admin:invitations_invitation_change", args=[invitation.pk])
    email = event.email if event.email and not is_erased(event.email) else None
    context = {"url": settings.PUBLIC_URL + path, "email": email, "note": email and event.detail.get("note")}
    if reason := event.detail.get("reason"):
        context["reason"] = DeclineReason(reason).label
    with speaking("en"):
        return _build_mail(name, invitation, to=to, context=context)


def _invitation_mail(invitation: Invitation, *, to: str, url: str, **context: Any) -> EmailMultiAlternatives:
    """The invitation, or with a `stop_url` its reminder."""
    context |= {"email": to, "url": url}
    if invitation.connection:
        context["provider"] = invitation.connection.provider_name
        return _mail("repair", invitation, to=to, context=context)
    return _mail("invitation", invitation, to=to, context=context)


def _mail(name: str, invitation: Invitation, *, to: str, context: dict[str, Any]) -> EmailMultiAlternatives:
    branded = mail_brand(invitation.company.brand)
    with speaking(invitation.locale), timezone.override(find_time_zone(invitation.company.time_zone)):
        mail = _build_mail(f"invitations/email/{name}", invitation, to=to, context=branded | context)
    if logo := branded["logo"]:
        logo.attach_to(mail)
    return mail


def _build_mail(name: str, invitation: Invitation, *, to: str, context: dict[str, Any]) -> EmailMultiAlternatives:
    company, partner = invitation.company, invitation.company.partner
    known = {"company": company.name, "partner": partner.name, "for_itself": company.name == partner.name}
    context = {"invitation": invitation, **known, **context}
    subject = render_to_string(f"{name}_subject.txt", context)
    mail = EmailMultiAlternatives(
        # a name with a line break must not become a header of its own
        subject=" ".join(subject.split()),
        body=render_to_string(f"{name}.txt", context),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[to],
        reply_to=[company.reply_to] if company.reply_to else None,
        headers={"Auto-Submitted": "auto-generated"},  # RFC 3834, 5
    )
    mail.attach_alternative(render_to_string(f"{name}.html", context), "text/html")
    return mail
