"""`./check --campaign MINUTES [--seed N] [--kind kraft|zookeeper]`: a campaign, its table, and an exit code."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from pathlib import Path

from tests.campaign.campaign import Orders, run
from tests.campaign.world import KINDS
from tests.lab_name import lab_name


def main() -> int:
    """Carry out a campaign as it was typed; return 1 where something was lost, or was not as it should be."""
    orders, log = _orders()
    folder = Path(tempfile.mkdtemp(prefix="kafka-fab-campaign-"))
    print(f"seed {orders.seed}, {orders.kind}; log {folder}/cluster/campaign.log", flush=True)
    try:
        report = run(orders, f"{lab_name()}p", folder, _say)
    except KeyboardInterrupt:
        _say(f"interrupted; seed {orders.seed}, {orders.kind}; {folder}/cluster/campaign.log")
        return 130
    if log:
        shutil.copy(folder / "cluster/campaign.log", log)
    _say(report.text())
    if report.failures:
        _say(f"all that was typed and printed: {folder}/cluster/campaign.log")
        return 1
    shutil.rmtree(folder)
    return 0


def _orders() -> tuple[Orders, str]:
    parser = argparse.ArgumentParser(prog="./check --campaign", description=__doc__)
    parser.add_argument("minutes", type=float, help="no operation begins later")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 10**6))
    parser.add_argument("--kind", choices=sorted(KINDS), help="by the seed where it is not named")
    parser.add_argument("--steps", type=int, default=0, help="no more operations than these")
    parser.add_argument("--log", default="", help="keep all that was typed and printed in this file")
    typed = parser.parse_args()
    kind = typed.kind or sorted(KINDS)[typed.seed % len(KINDS)]
    return Orders(kind, typed.seed, typed.minutes, typed.steps), typed.log


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
