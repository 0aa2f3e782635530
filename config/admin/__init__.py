"""Base of all admin pages."""

from django.contrib import admin
from procrastinate.contrib.django.admin import ProcrastinateJobAdmin
from procrastinate.contrib.django.models import ProcrastinateJob

admin.site.site_title = admin.site.site_header = "Latchkey"
admin.site.index_title = "Overview"
admin.site.site_url = None
admin.site.empty_value_display = "–"

# its pages have inline styles, which the Content-Security-Policy blocks, and count the whole table
if isinstance(admin.site.get_model_admin(ProcrastinateJob), ProcrastinateJobAdmin):
    admin.site.unregister(ProcrastinateJob)
