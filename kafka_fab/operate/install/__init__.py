"""Software, configuration and units on hosts: installed, planned, removed."""
