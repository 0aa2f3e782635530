"""What staff fill in about their own login."""
