"""Carrier accounts as a person at a terminal sees them: which there are, how they fare, and what is wrong with one."""

from runtime.accounts.console import check_carriers, list_carriers

__all__ = ["check_carriers", "list_carriers"]
