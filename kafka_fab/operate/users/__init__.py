"""SCRAM users: planned, applied, and listed."""
