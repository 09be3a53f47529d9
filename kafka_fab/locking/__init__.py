"""Locking: one lock over all hosts for every task that changes a live cluster, and the journal of what was done."""
