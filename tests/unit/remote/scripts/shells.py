"""The shells that a script of ours meets as a host's sh."""

import shutil

SHELLS = [shell for shell in ("sh", "bash", "dash") if shutil.which(shell)]
