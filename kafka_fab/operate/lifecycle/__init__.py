"""Start and stop of all services, or of some."""
