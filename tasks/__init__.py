"""The tasks, a module per noun that an operator thinks in."""
