"""What `fab security.*` does: a live move between listeners, and what is open to whom."""
