"""The KRaft quorum, and changes of its voters."""
