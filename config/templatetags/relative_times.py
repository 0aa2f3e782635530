"""Relative times on the pages of the admin."""

from django import template

from config.admin.times import relative_time

register = template.Library()
register.filter("relative_time", relative_time)
