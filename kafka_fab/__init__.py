"""The library of kafka-fab: what its tasks do."""

__version__ = "0.2.0"
