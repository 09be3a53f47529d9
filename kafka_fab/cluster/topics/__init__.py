"""Topics and quotas as files: what is wanted, what is there, and the changes from one to the other. Pure values."""
