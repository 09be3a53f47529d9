"""The canary beside a roll: what is written, acknowledged and read back, as proof that nothing was lost."""
