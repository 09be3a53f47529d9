"""Changes that running brokers take without a restart."""
