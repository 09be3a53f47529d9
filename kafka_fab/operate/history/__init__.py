"""The history of operations on a cluster."""
