"""Rolling operations: node by node, never below what the producers need, and resumable."""
