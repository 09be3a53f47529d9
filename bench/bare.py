"""Bare: what `fab status` and `fab validate` ask, asked by plain libraries in parallel, and nothing done with it.

python -m bench.bare status|validate FOLDER
"""

import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import floor

FACTS = (
    "systemctl show kafka zookeeper; df -P /opt /var/lib; readlink /opt/kafka; sha512sum /etc/kafka/* /etc/zookeeper/*"
)
IDENTITY = "cat /opt/kafka-logs/meta.properties /var/lib/zookeeper/myid"


def main(what: str, folder: str) -> None:
    """Ask hosts, ZooKeeper servers and brokers at once."""
    lines = (Path(folder) / "hosts.ini").read_text().splitlines()
    names = sorted({line.split()[0] for line in lines if " id=" in line})
    command = FACTS if what == "status" else IDENTITY
    with ThreadPoolExecutor() as pool:
        asked = [
            pool.submit(floor.main, f"{folder}/ssh_config", ",".join(names), command),
            pool.submit(_zookeeper, names),
            *(pool.submit(_broker, name) for name in names),
            *(pool.submit(_four_letters, name, word) for name in names for word in ("srvr", "conf", "mntr")),
        ]
        for one in asked:
            one.result()


def _zookeeper(names: list[str]) -> None:
    from kazoo.client import KazooClient

    kazoo = KazooClient(",".join(f"{name}:2181" for name in names) + "/kafka")
    kazoo.start()
    for number in kazoo.get_children("/brokers/ids"):
        kazoo.get(f"/brokers/ids/{number}")
    for name in kazoo.get_children("/brokers/topics"):
        kazoo.get(f"/brokers/topics/{name}")
    kazoo.get("/controller")
    kazoo.stop()


def _broker(name: str) -> None:
    from kafka import KafkaAdminClient

    admin = KafkaAdminClient(bootstrap_servers=f"{name}:9092")
    admin.describe_cluster()
    admin.close()


def _four_letters(name: str, word: str) -> None:
    with socket.create_connection((name, 2181), 5) as connection:
        connection.sendall(word.encode())
        while connection.recv(65536):
            pass


if __name__ == "__main__":
    main(*sys.argv[1:])
