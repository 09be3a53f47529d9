"""Dynamic broker configuration: changes without a restart."""
