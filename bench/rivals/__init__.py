"""Rivals: other tools, told to bring about the same hosts in the way that their own documents recommend."""
