"""Entrega from a customer's chair: real deliveries through the public API, followed live."""

from demo.run import FINAL, play, run

__all__ = ["FINAL", "play", "run"]
