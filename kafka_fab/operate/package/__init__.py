"""Packages: a version's tree, and a cluster's configuration, as DEB and RPM."""
