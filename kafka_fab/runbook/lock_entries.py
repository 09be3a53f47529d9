"""L: the lock that every task takes which changes a live cluster."""

from kafka_fab.runbook.codes import LockCode
from kafka_fab.runbook.common_commands import CONNECTION
from kafka_fab.runbook.entry import Command, Entry

HISTORY = Command("fab history", "the last operations: who, from where, what, and how far")
STATUS = Command("fab status", "the last operation, and whether it was interrupted")
RESUME = Command("fab rolling-restart --resume", "continue an interrupted roll")

ENTRIES = (
    Entry(
        LockCode.HELD,
        "another operation is in progress",
        "Somebody else's task holds the lock of this cluster: the message says who, from where, since when and how "
        "far. The lock ends with that task, also if it is killed. Exit code 2.",
        causes=(
            "Another operator, or CI, changes the cluster now.",
            "A task of yours still runs in another terminal.",
        ),
        commands=(HISTORY, STATUS),
    ),
    Entry(
        LockCode.UNFINISHED,
        "an earlier operation was interrupted",
        "A rolling restart or a move of partitions was cut off. It must be resumed or abandoned before another one of "
        "its kind begins. Exit code 2.",
        causes=("Its machine was turned off, its connection was lost, or it was killed.",),
        commands=(
            HISTORY,
            RESUME,
            Command("fab rolling-restart --abandon", "or abandon it"),
            Command("fab upgrade --resume", "continue an interrupted upgrade; `fab upgrade --rollback` takes it over"),
            Command("fab topics.apply", "continue a move of partitions"),
        ),
    ),
    Entry(
        LockCode.MINORITY,
        "no more than half of the hosts can be locked",
        "So many hosts are unreachable that another operation could hold the lock on the others. Nothing was changed, "
        "unless --force was given. Exit code 2.",
        causes=("Hosts are down, or this machine cannot reach them over SSH.",),
        commands=(
            Command("fab run 'true'", "which hosts answer"),
            Command("fab start", "start needs no majority of locks"),
        ),
    ),
    Entry(
        LockCode.STEP_AT_WORK,
        "a step of a roll is still running on a host",
        "An interrupted roll's last step goes on by itself on its host: it stops and starts a service. Wait for its "
        "end.",
        causes=("A roll was interrupted a moment ago.",),
        commands=(
            Command("fab -H HOST run 'systemctl list-units kafka-fab*'", "the unit of the step"),
            STATUS,
            RESUME,
        ),
    ),
    Entry(
        LockCode.SERVICE_STOPPING,
        "a service is still stopping",
        "A stop that was cut off goes on by itself. Until it ends the service may still count as up.",
        causes=(
            "fab stop was killed while a broker was in its controlled shutdown.",
            "A broker waits for a controller: see R42.",
        ),
        commands=(
            Command("fab -H HOST logs --follow", "what it waits for"),
            STATUS,
        ),
    ),
    Entry(
        LockCode.HOST_MISSING,
        "a host could not be locked",
        "A roll, a move or uninstall locks every host of the cluster first, and one did not answer. Nothing was "
        "changed. Exit code 2.",
        causes=("The host is down, or SSH or sudo refuses: the reason stands behind the host's name.",),
        commands=(
            CONNECTION,
            Command("fab status", "which hosts are unreachable"),
        ),
    ),
    Entry(
        LockCode.FOREIGN_HOST,
        "the services of a host are not this cluster's",
        "Units with these names exist on the host and belong to another cluster, or to nobody that kafka-fab knows. "
        "Nothing there is locked or changed.",
        causes=(
            "hosts.ini names a host of another cluster.",
            "Another folder has installed a cluster under the same service names.",
        ),
        commands=(
            Command("fab -H HOST plan", "what stands there, and whose it is"),
            Command("fab -H HOST run 'ls -l /var/lib/kafka-fab'", "what kafka-fab has noted on the host"),
        ),
    ),
    Entry(
        LockCode.NOT_WRITTEN,
        "the progress could not be written on a host",
        "The journal of the operation could not be written on these hosts. What was done is done; fab history there "
        "does not have its end.",
        causes=("The connection was lost.", "/var/lib/kafka-fab is full or read-only."),
        commands=(
            Command("fab -H HOST run 'df -h /var/lib/kafka-fab'", "room on the disk"),
            HISTORY,
        ),
    ),
    Entry(
        LockCode.ANOTHER_CLUSTER,
        "hosts belong to another cluster",
        "The cluster ids on the disks, or the ZooKeeper ensemble, are of another cluster than this folder's. Nothing "
        "was changed. Exit code 2.",
        causes=(
            "hosts.ini has a line of another cluster, or [zookeeper] or kafka.chroot leads to another.",
            "The wrong folder is in use: see KAFKA_FAB_CLUSTER and the working directory.",
        ),
        commands=(
            Command("fab -H HOST run 'cat /opt/kafka-logs/meta.properties'", "the cluster id on the disk"),
            Command("fab validate", "the id of every directory"),
        ),
    ),
)
