from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from companies.tasks import forget_sessions

pytestmark = pytest.mark.django_db


def test_ended_sessions_are_deleted():
    for _ in range(2):
        SessionStore().create()
    ended = Session.objects.earliest("session_key")
    Session.objects.filter(pk=ended.pk).update(expire_date=timezone.now() - timedelta(minutes=1))

    forget_sessions(timestamp=0)

    assert Session.objects.count() == 1
    assert not Session.objects.filter(pk=ended.pk).exists()
