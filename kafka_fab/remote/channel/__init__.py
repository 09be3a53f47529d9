"""One script over one channel: the login shell, the frame around its answers, the lease."""
