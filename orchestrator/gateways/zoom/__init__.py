"""Zoom over its REST API: no webhooks, no SDK, one Server-to-Server OAuth app of the organiser's own account."""
