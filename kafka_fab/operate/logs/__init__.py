"""Logs of all hosts, merged or followed."""
