"""The couriers' side of the wire, emulated over real HTTP; it imports nothing of Entrega, and nothing imports it."""
