"""Checks before an install or a start, from the facts that hosts report. Pure functions."""
