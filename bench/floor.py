"""The floor: a bare script that opens Fabric connections in parallel and runs one command on each host.

python -m bench.floor SSH_CONFIG HOST,HOST,... COMMAND
"""

import sys

from fabric import Config
from fabric.group import ThreadingGroup


def main(ssh_config: str, hosts: str, command: str) -> None:
    """Run the command on all hosts at once."""
    config = Config(runtime_ssh_path=ssh_config)
    with ThreadingGroup(*hosts.split(","), config=config) as group:
        group.run(command, hide=True, in_stream=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
