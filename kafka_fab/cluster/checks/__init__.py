"""What hosts.ini and the settings must not say together. Pure functions."""
