"""Entrega from a customer's chair: real deliveries through the public API, followed live."""

from demo.run import run

__all__ = ["run"]
