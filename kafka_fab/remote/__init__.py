"""How it is brought about: connections, scripts and fleets over SSH. Knows no Kafka."""
