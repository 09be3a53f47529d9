"""ACLs: planned, applied, listed, and audited."""
