"""Tracking: webhooks in, timeline, live stream, public view, audit."""
