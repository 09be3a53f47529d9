"""A cluster's folder, made from samples."""
