"""Where addresses lie and what postal codes mean: asked of strangers, remembered, never an error to a customer."""

from places.atlas import Atlas

__all__ = ["Atlas"]
