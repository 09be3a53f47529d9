"""The voters of a dynamic KRaft quorum."""
