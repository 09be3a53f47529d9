"""Property tests draw the same examples each time here: a run that fails can be repeated."""

from hypothesis import settings

settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")
