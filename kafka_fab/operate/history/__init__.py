"""What was done to a cluster, and by whom."""
