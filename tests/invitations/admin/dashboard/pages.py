"""The overview as tests read it, and rows that it counts."""

import re
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from connections.models import Connection
from connections.models.status import Status as ConnectionStatus
from invitations.models import Invitation, InvitationType
from tests.factories import make_connection, make_invitation
from tests.invitations.admin.pages import words

INDEX = "admin:index"
NUMBER = re.compile(r'<a href="([^"]+)" aria-label="([^":]+): ([^"]+)"')
COUNT = re.compile(r'<a href="([^"]+)"><span class="count__number">([^<]+)</span> ([^<]+)</a>')


def show_overview(client, **query):
    return words(client.get(reverse(INDEX), query))


def section(page, name):
    start = page.index(f'aria-labelledby="{name}"')
    return page[start : page.index("</section>", start)]


def table(page, name="funnel"):
    """`{label: number}` of a table."""
    return {words: number for _, words, number in NUMBER.findall(section(page, name))}


def step_links(page):
    return {words: (plain(address), number) for address, words, number in NUMBER.findall(section(page, "funnel"))}


def tiles(page):
    return {words: (plain(address), number) for address, number, words in COUNT.findall(page)}


def links(page):
    """`[(url, number)]` of every number on the page."""
    return [
        *((plain(address), number) for address, _, number in NUMBER.findall(page)),
        *((plain(address), number) for address, number, _ in COUNT.findall(page)),
    ]


def plain(address):
    return address.replace("&amp;", "&")


def list_count(client, address):
    response = client.get(address)
    assert response.status_code == 200
    return response.context["cl"].result_count


def use(invitation, status=ConnectionStatus.CONNECTED):
    """The form was sent, and its connection has this status."""
    account = make_connection(invitation.company)
    invitation.uses.create(connection=account, form_id=account.pk)
    Invitation.objects.filter(pk=invitation.pk).update(use_count=1)
    Connection.objects.filter(pk=account.pk).update(status=status)


def repair(company, status):
    """An invitation that was used to repair a connection, which has this status."""
    broken = make_connection(company)
    invitation = make_invitation(company)
    Invitation.objects.filter(pk=invitation.pk).update(
        invitation_type=InvitationType.EDIT_CONNECTION, connection=broken, use_count=1
    )
    invitation.uses.create(connection=None, form_id=broken.pk)
    Connection.objects.filter(pk=broken.pk).update(status=status)


def mark_opened(*invitations):
    Invitation.objects.filter(pk__in=[each.pk for each in invitations]).update(last_viewed_at=timezone.now())


def age(invitation, days):
    Invitation.objects.filter(pk=invitation.pk).update(created_at=timezone.now() - timedelta(days=days))
