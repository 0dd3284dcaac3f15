"""Deliveries: request, choose, follow, steer."""
