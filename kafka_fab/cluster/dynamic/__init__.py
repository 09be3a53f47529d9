"""Which settings a running broker takes, and what to tell it. Pure decisions."""
