"""Certificates: made, issued, shown, renewed; and the CA that issues them, rotated."""
