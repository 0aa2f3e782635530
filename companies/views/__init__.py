"""Pages of staff about their own login."""
