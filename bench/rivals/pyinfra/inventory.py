"""The hosts of BENCH_VARIANT, a folder of wanted.py's data."""

import json
import os
from pathlib import Path

common = {"ssh_config_file": os.environ["BENCH_SSH_CONFIG"], "ssh_user": "root", "sha256": os.environ["BENCH_SHA256"]}
hosts = [
    (file.stem, json.loads(file.read_text()) | common)
    for file in sorted(Path(os.environ["BENCH_VARIANT"]).glob("*.json"))
]
