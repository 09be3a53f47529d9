"""Topics and quotas: planned, applied, moved, and shown."""
