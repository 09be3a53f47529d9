"""Placement: which broker and which disk holds what."""
