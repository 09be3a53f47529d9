"""Rivals: other tools that configure the same hosts, as their own documentation recommends."""
