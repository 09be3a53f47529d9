"""Topics and quotas as a file: the file, the cluster's state, and the changes between them. Pure values."""
