"""Documents: what Debian and lintian expect every package to say of itself."""

import gzip
from datetime import UTC, datetime

from kafka_fab.operate.package.nfpm_file import HOMEPAGE, MAINTAINER
from kafka_fab.operate.package.package import Format, PackageEntry

COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Apache Kafka
Source: {homepage}

Files: *
Copyright: The Apache Software Foundation
License: Apache-2.0
 On Debian systems the text of this license is in /usr/share/common-licenses/Apache-2.0.
"""
CHANGES = """\
{name} ({version}) stable; urgency=medium

  * Packaged by kafka-fab.

 -- {maintainer}  {time}
"""


def entries(name: str, version: str, epoch: int) -> tuple[PackageEntry, ...]:
    """Return the copyright and the changelog of a package, in a folder of its own; of a DEB alone."""
    folder = f"/usr/share/doc/{name}"
    time = datetime.fromtimestamp(epoch, UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")
    changes = CHANGES.format(name=name, version=version, maintainer=MAINTAINER, time=time)
    return (
        PackageEntry(folder, mode=0o755, kind="dir", only=Format.DEB),
        PackageEntry(f"{folder}/copyright", COPYRIGHT.format(homepage=HOMEPAGE).encode(), only=Format.DEB),
        # Without a time of its own: the same bytes whenever it is built.
        PackageEntry(f"{folder}/changelog.Debian.gz", gzip.compress(changes.encode(), 9, mtime=0), only=Format.DEB),
    )
