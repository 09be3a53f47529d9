"""Placement: the broker and the log directory of each replica."""
