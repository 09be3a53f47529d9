"""What would go wrong, asked of hosts before it does."""
