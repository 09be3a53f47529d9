"""What every task asks of hosts first: whose they are, what runs there."""
