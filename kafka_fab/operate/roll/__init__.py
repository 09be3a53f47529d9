"""Rolling restarts: service by service, never below min.insync.replicas, resumable."""
