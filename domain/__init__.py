"""The vocabulary and the rules of Entrega: pure values, no I/O."""
