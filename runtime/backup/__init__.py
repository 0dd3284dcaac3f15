"""Backups: taken, followed to the minute, restored, and tried out; docs/backup.md tells the story."""
