"""Write names/types-*.txt of cluster/release from the ConfigDef of each version tested; 0.8.0 has none.

And with them the table of those names that only seem to tell of a secret.
"""

import subprocess
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

from lab.archive import ensure
from lab.machine import CACHE
from lab.types import ordinary

HERE = Path(__file__).resolve().parent
NAMES = HERE.parents[1] / "kafka_fab/cluster/release/names"
VERSIONS = {"2.8.2": "types-2.8.txt", "3.9.1": "types-3.9.txt", "4.3.1": "types-4.txt"}


def main() -> None:
    """Write the table of each version."""
    for version, name in VERSIONS.items():
        with TemporaryDirectory() as folder, tarfile.open(ensure(version, CACHE)) as archive:
            archive.extractall(folder, filter="data")
            [libraries] = Path(folder).glob("*/libs")
            command = ["java", "-cp", f"{libraries}/*", str(HERE / "Types.java")]
            printed = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout
        (NAMES / name).write_text(printed)
    ordinary.FILE.write_text(ordinary.found())


main()
