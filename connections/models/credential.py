"""The credentials to an account."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from connections.models.connection import Connection
from connections.models.datasource import ExtraCredential, login_host


class Credential(models.Model):
    """Encrypted credentials, bound to their connection. Only collectors read them.

    Deleted credentials leave an empty row, so that the version goes on: a late report on old ones stays recognizable.
    """

    connection = models.OneToOneField(Connection, primary_key=True, on_delete=models.CASCADE, related_name="credential")
    encrypted = models.BinaryField(null=True, editable=False)
    # names in clear: a page shows which extras are stored without decrypting them
    extras = ArrayField(models.CharField(max_length=30, choices=ExtraCredential), default=list, editable=False)
    # of the login page for which they were given. None: of the present one (rows of earlier versions)
    host = models.CharField(max_length=255, null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(version__gte=1), name="credential_version"),
            # known names only: none can be a secret
            models.CheckConstraint(
                condition=Q(extras__contained_by=ExtraCredential.values), name="credential_extras_are_names"
            ),
        ]

    def __str__(self) -> str:
        return "credential"

    def __repr__(self) -> str:
        return "<Credential>"

    @property
    def is_deleted(self) -> bool:
        return self.encrypted is None

    def is_for(self, connection: Connection) -> bool:
        """True if they were given for the host of the connection's login page."""
        return self.host is None or self.host == login_host(connection.login_url)

    @property
    def kept_extras(self) -> frozenset[str]:
        """Names of the stored extras (`ExtraCredential`), which stay when they are left empty."""
        return frozenset(self.extras)
