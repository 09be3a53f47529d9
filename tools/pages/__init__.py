"""What docs/refresh does: pages whose every output was printed by the command above it."""
