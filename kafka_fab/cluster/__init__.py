"""What should be: inventory, settings, releases and the resources of a host. Pure values, no network."""
