"""The stories: deterministic code that Temporal runs, replays and never forgets."""
