"""Connections and providers on the wire. Credentials go in and never come out."""

from typing import Any

from rest_framework import serializers

from config.api.fields import Country, StrictSerializer, Text
from config.api.pages import PageOutput, QuerySerializer
from connections.models import Connection, Datasource, UtilityType
from connections.status import Status


class ConnectionInput(StrictSerializer):
    datasourceId = serializers.UUIDField(source="datasource_id", required=False, allow_null=True)
    url = Text(max_length=500, required=False, allow_null=True)
    username = Text(max_length=254, trim_whitespace=False)
    password = Text(max_length=1000, trim_whitespace=False, write_only=True)
    country = Country(required=False, allow_null=True)
    utilityTypes = serializers.ListField(
        child=serializers.ChoiceField(UtilityType.choices),
        source="utility_types",
        required=False,
        max_length=7,
    )
    siteIds = serializers.ListField(child=serializers.UUIDField(), source="site_ids", required=False, max_length=1000)
    connectionOwnerEmail = Text(source="owner_email", max_length=254, required=False, allow_null=True)
    dataCollectionStartDate = serializers.DateField(source="collection_start_date", required=False, allow_null=True)


class ConnectionOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    companyId = serializers.UUIDField()
    datasourceId = serializers.UUIDField(allow_null=True)
    datasourceName = serializers.CharField(help_text="The provider's name, or the host of its login page.")
    url = serializers.URLField(help_text="The provider's login page.")
    status = serializers.ChoiceField(Status.choices)
    statusErrorDetail = serializers.CharField(allow_null=True)
    country = serializers.CharField(allow_null=True)
    utilityTypes = serializers.ListField(child=serializers.ChoiceField(UtilityType.choices))
    siteIds = serializers.ListField(child=serializers.UUIDField())
    connectionOwnerEmail = serializers.CharField(allow_null=True)
    dataCollectionStartDate = serializers.DateField(allow_null=True)
    verifiedEmail = serializers.CharField(allow_null=True)
    invitationId = serializers.UUIDField(allow_null=True)
    createdAt = serializers.DateTimeField()
    updatedAt = serializers.DateTimeField()


class ConnectionPage(PageOutput):
    connections = ConnectionOutput(many=True)


class DatasourceQuery(QuerySerializer):
    query = serializers.CharField(max_length=100, required=False, help_text="The beginnings of words in the name.")
    country = Country(required=False)
    utilityType = serializers.ChoiceField(UtilityType.choices, required=False)
    limit = serializers.IntegerField(min_value=1, max_value=100, default=20)


class DatasourceOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    loginUrl = serializers.URLField()
    country = serializers.CharField()
    utilityTypes = serializers.ListField(child=serializers.ChoiceField(UtilityType.choices))


class DatasourceList(serializers.Serializer[Any]):
    datasources = DatasourceOutput(many=True)


def represent_connection(connection: Connection) -> dict[str, Any]:
    """A connection read with `with_wire_facts()`."""
    return {
        "id": connection.pk,
        "companyId": connection.company_id,
        "datasourceId": connection.datasource_id,
        "datasourceName": connection.provider_name,
        "url": connection.login_url,
        "status": connection.status,
        "statusErrorDetail": connection.status_error_detail,
        "country": connection.country,
        "utilityTypes": connection.utility_types,
        "siteIds": [site.pk for site in connection.sites.all()],
        "connectionOwnerEmail": connection.owner_email,
        "dataCollectionStartDate": connection.collection_start_date,
        "verifiedEmail": connection.verified_email,
        "invitationId": connection.invitation_id,  # type: ignore[attr-defined]
        "createdAt": connection.created_at,
        "updatedAt": connection.updated_at,
    }


def represent_datasource(datasource: Datasource) -> dict[str, Any]:
    return {
        "id": datasource.pk,
        "name": datasource.name,
        "loginUrl": datasource.login_url,
        "country": datasource.country,
        "utilityTypes": datasource.utility_types,
    }
