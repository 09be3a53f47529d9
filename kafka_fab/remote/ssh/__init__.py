"""Connections as OpenSSH would make them: its configuration, hops, keys, certificates."""
