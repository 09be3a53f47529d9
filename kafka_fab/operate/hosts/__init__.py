"""What several tasks share: the services of hosts, what runs there, ownership, storage, overrides."""
