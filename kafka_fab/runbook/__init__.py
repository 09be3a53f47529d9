"""Runbook: what each message that warns or blocks means, and what to do, by its code."""
