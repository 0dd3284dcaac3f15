"""Adapters of the domain's ports to PostgreSQL and MongoDB; rows never leave this folder."""
