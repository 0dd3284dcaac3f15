"""The HTTP services: one folder each, runnable alone or together."""
