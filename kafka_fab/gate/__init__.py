"""The safety check: may these services stop now? Pure values and rules: neither SSH nor sockets."""
