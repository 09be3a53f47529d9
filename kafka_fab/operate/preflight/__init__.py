"""The checks before an install or a start, made on the hosts."""
