"""What a host should have for each role: ZooKeeper server, broker, controller, and what all share."""
