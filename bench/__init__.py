"""Speed as ratios: this collection beside the bare wire, both sides in one run on the same hosts."""
