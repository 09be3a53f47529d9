"""The command kafka-fab, as a wheel installs it: light, so that its signals are ours before anything heavy is read."""

from kafka_fab.output import streams


def main() -> None:
    """Run what was typed."""
    streams.take_over()
    from kafka_fab.program import of_package

    of_package().run()
