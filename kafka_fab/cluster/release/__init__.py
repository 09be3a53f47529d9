"""What depends on the Kafka version: releases, property names, property types."""
