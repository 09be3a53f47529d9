"""What is: ZooKeeper and brokers as seen over their own protocols. Knows no SSH."""
