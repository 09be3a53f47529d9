"""Rules for single values: addresses, listeners, paths, secrets. They know nothing else."""
