"""What an upgrade is: the hops between two versions, the levels that are pinned and finalized. Pure values."""
