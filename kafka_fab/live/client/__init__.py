"""Connections to brokers and ZooKeeper servers, and a module for each request of Kafka's protocol."""
