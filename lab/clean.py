"""Take a lab down without the virtual environment, which may be gone: python3 -m lab.clean NAME."""

import sys

from lab.life import down
from lab.machine import LabError


def main(name: str) -> int:
    """Remove a lab and say so; return the exit code."""
    try:
        gone = down(name)
    except LabError as refused:
        print(f"lab: {refused}", file=sys.stderr)
        return 1
    print(f"lab: removed {', '.join(gone)}" if gone else "lab: nothing to remove")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
