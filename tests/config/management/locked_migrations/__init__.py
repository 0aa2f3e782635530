"""Migrations that need a table for themselves, and change nothing."""
