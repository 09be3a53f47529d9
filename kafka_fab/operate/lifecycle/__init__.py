"""Start and stop of all services, or of the services of some hosts."""
