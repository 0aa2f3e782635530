import django.contrib.postgres.fields
from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("companies", "0020_contributor_settings"),
    ]

    atomic = False  # the rows are validated while events are written

    operations = [
        migrations.RemoveConstraint(
            model_name="partnerevent",
            name="partner_event_type",
        ),
        migrations.RemoveConstraint(
            model_name="webhookendpoint",
            name="webhook_endpoint_event_types",
        ),
        migrations.AlterField(
            model_name="partnerevent",
            name="type",
            field=models.CharField(
                choices=[
                    ("invitation.created", "Invitation created"),
                    ("invitation.sent", "Invitation mailed"),
                    ("invitation.delivery_failed", "Mail could not be delivered"),
                    ("invitation.viewed", "Invitation opened"),
                    ("invitation.verified", "Address verified"),
                    ("invitation.used", "Invitation used"),
                    ("invitation.fulfilled", "Invitation used up"),
                    ("invitation.expired", "Invitation expired"),
                    ("invitation.revoked", "Invitation revoked"),
                    ("invitation.updated", "Invitation changed"),
                    ("invitation.rotated", "Link replaced"),
                    ("invitation.forwarded", "Invitation forwarded"),
                    ("invitation.declined", "Invitation declined"),
                    ("invitation.link_requested", "New link asked for"),
                    ("invitation.reminded", "Reminder mailed"),
                    ("connection.created", "Connection created"),
                    ("connection.updated", "Connection changed"),
                    ("connection.status_changed", "Connection’s status changed"),
                    ("connection.credentials_changed", "New login details"),
                    ("connection.withdrawn", "Consent withdrawn"),
                    ("connection.deleted", "Connection deleted"),
                    ("webhook.test", "Test event"),
                ],
                max_length=40,
            ),
        ),
        migrations.AlterField(
            model_name="webhookendpoint",
            name="event_types",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("invitation.created", "Invitation created"),
                        ("invitation.sent", "Invitation mailed"),
                        ("invitation.delivery_failed", "Mail could not be delivered"),
                        ("invitation.viewed", "Invitation opened"),
                        ("invitation.verified", "Address verified"),
                        ("invitation.used", "Invitation used"),
                        ("invitation.fulfilled", "Invitation used up"),
                        ("invitation.expired", "Invitation expired"),
                        ("invitation.revoked", "Invitation revoked"),
                        ("invitation.updated", "Invitation changed"),
                        ("invitation.rotated", "Link replaced"),
                        ("invitation.forwarded", "Invitation forwarded"),
                        ("invitation.declined", "Invitation declined"),
                        ("invitation.link_requested", "New link asked for"),
                        ("invitation.reminded", "Reminder mailed"),
                        ("connection.created", "Connection created"),
                        ("connection.updated", "Connection changed"),
                        ("connection.status_changed", "Connection’s status changed"),
                        ("connection.credentials_changed", "New login details"),
                        ("connection.withdrawn", "Consent withdrawn"),
                        ("connection.deleted", "Connection deleted"),
                        ("webhook.test", "Test event"),
                    ],
                    max_length=40,
                ),
                blank=True,
                default=list,
                help_text="Leave empty for all events.",
                size=None,
            ),
        ),
        AddConstraintNotValid(
            model_name="partnerevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "type__in",
                        [
                            "invitation.created",
                            "invitation.sent",
                            "invitation.delivery_failed",
                            "invitation.viewed",
                            "invitation.verified",
                            "invitation.used",
                            "invitation.fulfilled",
                            "invitation.expired",
                            "invitation.revoked",
                            "invitation.updated",
                            "invitation.rotated",
                            "invitation.forwarded",
                            "invitation.declined",
                            "invitation.link_requested",
                            "invitation.reminded",
                            "connection.created",
                            "connection.updated",
                            "connection.status_changed",
                            "connection.credentials_changed",
                            "connection.withdrawn",
                            "connection.deleted",
                            "webhook.test",
                        ],
                    )
                ),
                name="partner_event_type",
            ),
        ),
        AddConstraintNotValid(
            model_name="webhookendpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "event_types__contained_by",
                        [
                            "invitation.created",
                            "invitation.sent",
                            "invitation.delivery_failed",
                            "invitation.viewed",
                            "invitation.verified",
                            "invitation.used",
                            "invitation.fulfilled",
                            "invitation.expired",
                            "invitation.revoked",
                            "invitation.updated",
                            "invitation.rotated",
                            "invitation.forwarded",
                            "invitation.declined",
                            "invitation.link_requested",
                            "invitation.reminded",
                            "connection.created",
                            "connection.updated",
                            "connection.status_changed",
                            "connection.credentials_changed",
                            "connection.withdrawn",
                            "connection.deleted",
                            "webhook.test",
                        ],
                    )
                ),
                name="webhook_endpoint_event_types",
            ),
        ),
        ValidateConstraint(model_name="partnerevent", name="partner_event_type"),
        ValidateConstraint(model_name="webhookendpoint", name="webhook_endpoint_event_types"),
    ]
