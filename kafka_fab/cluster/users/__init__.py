"""SCRAM users as a file: the file, the cluster's credentials, and the changes between them. Pure values."""
