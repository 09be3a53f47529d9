"""The canary of a roll: messages written, acknowledged and read back, to check that none is lost."""
