"""Explain: a code's entry of the runbook; no hosts.ini and no host is needed."""
