"""May these nodes go away now? Pure values and rules: neither SSH nor sockets."""
