"""Bundle: what somebody else needs to see of a cluster in trouble, in one archive."""
