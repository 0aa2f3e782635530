"""Pages and permissions of staff in tests."""

from django.contrib.auth.models import Permission


def may(user, *codenames):
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def words(response):
    return response.content.decode()
