"""Status: what runs where, what is wrong, and the last operation, on one screen."""
