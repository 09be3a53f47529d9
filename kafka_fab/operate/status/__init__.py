"""Status: one screen that tells what runs where, what is wrong, and what was done last."""
