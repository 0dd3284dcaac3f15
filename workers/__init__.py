"""The processes that run workflows and activities: one file per task queue, and the relay."""
