"""Looks at a running installation and says in plain words what is wrong, each with the next step."""

from runtime.doctor.console import examine

__all__ = ["examine"]
