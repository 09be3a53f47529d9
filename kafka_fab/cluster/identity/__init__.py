"""Whose a host, a unit, a disk is, by names and ids."""
