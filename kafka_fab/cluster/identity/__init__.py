"""Which cluster a host's data belongs to, and which voter a controller's disk, by their ids."""
