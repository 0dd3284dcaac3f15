"""Channels: how people are told, one file each."""
