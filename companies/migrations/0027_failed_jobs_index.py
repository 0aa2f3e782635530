from django.db import migrations


class Migration(migrations.Migration):
    """Index of the jobs that failed: operators count and list them among millions that are done."""

    dependencies = [
        ('companies', '0026_event_partitions'),
        ('procrastinate', '0041_post_retry_failed_job'),
    ]

    atomic = False  # the index is built while rows are written

    operations = [
        migrations.RunSQL(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS procrastinate_jobs_failed "
            "ON procrastinate_jobs (id, queue_name) WHERE status = 'failed'",
            "DROP INDEX CONCURRENTLY IF EXISTS procrastinate_jobs_failed",
        ),
    ]
