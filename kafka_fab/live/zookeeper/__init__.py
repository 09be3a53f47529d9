"""ZooKeeper's servers, and what Kafka has written into them."""
