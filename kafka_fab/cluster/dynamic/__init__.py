"""Settings that a running broker accepts, and the overrides to set on it. Pure decisions."""
