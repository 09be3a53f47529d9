"""Judgements of what hosts reported before a start. Pure functions."""
