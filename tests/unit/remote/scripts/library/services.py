"""Services that a test looks at: what systemd knows of them, and a process that runs."""

import shutil
import subprocess

from kafka_fab.cluster.change import Change
from tests.unit.remote.scripts.library.host import Host


def systemd(host: Host, enabled: str = "enabled", reload: str = "no", then: str = "") -> None:
    """A systemd that knows each unit, and what it is asked to do is written down; `then` is what it knows later."""
    later = f"[ $last = UnitFileState ] && [ -e {host / 'called'} ] && echo {then} && exit" if then else ":"
    answer = f"{later}; [ $last = UnitFileState ] && echo {enabled}; [ $last = NeedDaemonReload ] && echo {reload}"
    body = f'[ "$1" = show ] || {{ echo "$*" >>{host / "called"}; exit; }}\nlast=$3\n{answer}\nexit 0'
    host.stub("systemctl", body)


class Running:
    """A process that looks like a broker, started from a versioned tree behind a link."""

    def __init__(self, host: Host) -> None:
        self.host = host
        for version in ("kafka_2.13-3.9.0", "kafka_2.13-3.9.1"):
            (host / version / "bin").mkdir(parents=True)
            (host / version / "bin/java").symlink_to(shutil.which("sleep") or "/bin/sleep")
        (host / "kafka").symlink_to(host / "kafka_2.13-3.9.1")
        (host / "run").mkdir()
        for file in (host / "run/a.properties", host / "a.properties"):
            file.write_text("one=1\ntwo=2\n")
        with (host / "log").open("w") as log:
            self.process = subprocess.Popen([host / "kafka_2.13-3.9.1/bin/java", "60"], stdout=log)
        host.stub("systemctl", f"echo {self.process.pid}")

    def running_config(self) -> Change:
        words = ["run", "kafka", "log", "a.properties"]
        return self.host.want("running_config", "kafka", *(self.host / word for word in words))
