"""Certificates: keys, authorities, what they issue, and the judgement of a chain. Pure values; the time comes in."""
