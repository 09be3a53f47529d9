"""Lay out, pack and sign for Kafka archives like Apache's."""
