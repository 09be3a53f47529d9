"""The types of Kafka's own properties, printed by Kafka itself: `python -m lab.types` renews the tables."""
