"""Members of staff that tests compare with an administrator."""

from tests.companies.admin.pages import may
from tests.factories import UserFactory


def superiors(groups):
    """Members whom an administrator may not manage, by description."""
    peer, inactive_peer = UserFactory(is_superuser=False), UserFactory(is_superuser=False, is_active=False)
    for user in (peer, inactive_peer):
        user.groups.add(groups["Administrator"])
    return {
        "superuser": UserFactory(),
        "inactive superuser": UserFactory(is_active=False),
        "peer": peer,
        "inactive peer": inactive_peer,
        "member with one more permission": may(UserFactory(is_superuser=False), "add_logentry"),
        "member who manages staff": may(UserFactory(is_superuser=False), "change_user"),
    }
