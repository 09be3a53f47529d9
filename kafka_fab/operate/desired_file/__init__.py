"""Desired file: a file of what the cluster must have, planned and applied: users and ACLs."""
