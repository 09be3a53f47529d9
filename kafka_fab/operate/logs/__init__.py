"""The logs of all hosts as one."""
