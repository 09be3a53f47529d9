"""What `fab upgrade`, `fab finalize` and `fab prune` do: another version for a running cluster, and the way back."""
