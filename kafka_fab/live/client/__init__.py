"""Connections and requests: one question to one server, within a limit of time."""
