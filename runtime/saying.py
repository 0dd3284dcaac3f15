"""How long work tells whoever started it."""

from collections.abc import Callable

Say = Callable[[str], object]
"""A line of what was done."""

Progress = Callable[[int, int], None]
"""How much is done, and of how much."""
