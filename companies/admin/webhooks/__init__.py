"""Webhook endpoints of partners, and what was sent to them."""
