"""The library of kafka-fab: what its tasks do. Nothing here is typed by an operator."""
