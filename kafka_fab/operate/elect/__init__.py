"""Preferred leader election."""
