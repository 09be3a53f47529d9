"""S: what `fab status` calls degraded or critical."""

from kafka_fab.runbook.codes import StatusCode
from kafka_fab.runbook.common_commands import ERRORS, PLACEMENT, QUORUM, START
from kafka_fab.runbook.entry import Command, Entry

VALIDATE = Command("fab validate", "the live cluster against hosts.ini, check by check")
WATCH = Command("fab status --watch", "the same every two seconds")

ENTRIES = (
    Entry(
        StatusCode.OFFLINE,
        "offline partitions",
        "These partitions have no leader: nobody can produce to them or consume from them. Critical.",
        causes=(
            "All brokers of their ISR are down. With replication factor 1 one broker is enough.",
            "The log directory of the last in-sync replica has failed (S9).",
            "No controller elects a leader (S7, S8, S18).",
        ),
        commands=(
            PLACEMENT,
            START,
            ERRORS,
            Command(
                "fab -H HOST run '/opt/kafka/bin/kafka-topics.sh --bootstrap-server HOST:9092 --describe "
                "--unavailable-partitions'",
                "the same list by Kafka's own tool",
            ),
        ),
    ),
    Entry(
        StatusCode.UNDER_MIN_ISR,
        "partitions under min ISR",
        "Fewer replicas are in sync than min.insync.replicas. Producers with acks=all are refused "
        "(NotEnoughReplicas); consumers still read. Critical.",
        causes=(
            "Brokers with replicas are down, or copy what they missed.",
            "Followers cannot keep up: disk, network, garbage collection.",
        ),
        commands=(PLACEMENT, START, ERRORS, WATCH),
    ),
    Entry(
        StatusCode.AT_MIN_ISR,
        "partitions at min ISR",
        "Exactly min.insync.replicas replicas are in sync, and others are not. Writes still succeed; one more lost "
        "replica, and they do not.",
        causes=("A broker is down or catches up: usual while one is restarted.",),
        commands=(START, PLACEMENT, WATCH),
    ),
    Entry(
        StatusCode.UNDER_REPLICATED,
        "under-replicated partitions",
        "A replica of these partitions is out of sync. Producers and consumers notice nothing yet.",
        causes=(
            "A broker is down, was restarted a moment ago, or recovers its logs.",
            "A follower cannot keep up: a slow disk or network, a long garbage collection, or a replication throttle.",
            "A log directory has failed (S9).",
        ),
        commands=(
            PLACEMENT,
            START,
            Command("fab topics.plan", "names throttles that a move has left"),
            WATCH,
        ),
    ),
    Entry(
        StatusCode.NOT_REGISTERED,
        "broker not registered",
        "A broker of hosts.ini is not in the cluster: neither in /brokers/ids of ZooKeeper nor unfenced in KRaft. It "
        "leads nothing, and its replicas fall behind.",
        causes=(
            "Its process or its host is down.",
            "It recovers its logs after an unclean shutdown: leave it alone.",
            "It cannot reach ZooKeeper or the controllers.",
            "It was added to hosts.ini, and not started yet.",
        ),
        commands=(
            ERRORS,
            Command("fab -H HOST logs --follow", "what it does now, such as log recovery"),
            START,
            VALIDATE,
        ),
    ),
    Entry(
        StatusCode.NO_ANSWER,
        "broker registered, but it does not answer",
        "The cluster counts it as alive; its listener answers no request. What it leads is lost to clients until its "
        "session expires, and status judges the partitions without it.",
        causes=(
            "It died within the last seconds: its session has not expired yet.",
            "It hangs: a disk that does not answer, a very long garbage collection, no file descriptors left.",
            "This machine cannot reach its listener (firewall, advertised address).",
        ),
        commands=(
            WATCH,
            ERRORS,
            Command("fab -H HOST preflight", "open files, memory, disks, connectivity"),
            Command("fab -H HOST stop --force", "a broker that hangs: stop, then start"),
        ),
    ),
    Entry(
        StatusCode.VOTERS_BEHIND,
        "KRaft voters are behind",
        "These voters do not keep up with the active controller. As long as a majority does, metadata is committed; "
        "without one nothing can be elected or registered, which is critical.",
        causes=(
            "The controller is down, or was restarted a moment ago.",
            "Its metadata disk is slow, full or replaced (S10).",
            "It cannot reach the leader's controller listener.",
        ),
        commands=(QUORUM, START, ERRORS, Command("fab preflight", "connectivity and disks of all hosts")),
    ),
    Entry(
        StatusCode.SERVER_DOWN,
        "ZooKeeper servers do not serve",
        "These servers are down, or run without a quorum. As long as a majority serves, the cluster works; without it "
        "no leader is elected, and brokers lose their sessions.",
        causes=(
            "The process or the host is down.",
            "The server cannot join: another myid, other server lines, closed peer or election ports.",
            "srvr is refused: it is not in 4lw.commands.whitelist.",
        ),
        commands=(VALIDATE, START, ERRORS),
    ),
    Entry(
        StatusCode.LOG_DIR_OFFLINE,
        "offline log directory",
        "The broker has taken a log directory offline after an I/O error. Its replicas there are gone until the disk "
        "is repaired and the broker restarted.",
        causes=(
            "The disk failed, or its file system was remounted read-only.",
            "The file system is full.",
            "Files in it belong to another user, as after a start as root.",
        ),
        commands=(
            Command("fab -H HOST run 'dmesg | tail -n 50'", "I/O errors of the kernel"),
            Command("fab -H HOST preflight", "disk, owner, access and mount of each log directory"),
            Command("fab -H HOST rolling-restart", "after the repair: the broker opens the directory again"),
        ),
    ),
    Entry(
        StatusCode.METADATA_DIR,
        "a controller's metadata directory is not its voter's",
        "The directory is empty or another one than the quorum has for this voter: the disk was replaced or is not "
        "mounted. The controller has no vote, and must not be started on an empty directory.",
        causes=(
            "The file system is not mounted.",
            "The disk was replaced.",
        ),
        commands=(
            Command("fab -H HOST run 'findmnt; lsblk'", "what is mounted"),
            QUORUM,
            Command("fab quorum.remove HOST", "after a replaced disk: take the old voter out"),
            START,
            Command("fab quorum.add HOST", "and make the new one a voter"),
        ),
    ),
    Entry(
        StatusCode.DISK_FULL,
        "a data disk is nearly full",
        "More than 90 % of the file system of a data directory is used. When it is full the broker takes the log "
        "directory offline, or ends.",
        causes=(
            "Retention keeps more than the disk holds: produced data has grown.",
            "Replicas are placed unevenly.",
            "Something other than Kafka fills the disk.",
        ),
        commands=(
            Command("fab placement", "bytes per broker and log directory, and the skew"),
            Command("fab topics.describe TOPIC", "its retention.ms and retention.bytes"),
            Command("fab -H HOST run 'df -h; du -xsh /opt/kafka-logs/* | sort -h | tail'", "what is large"),
        ),
    ),
    Entry(
        StatusCode.SERVICE_DOWN,
        "a service is not active",
        "systemd reports the unit as inactive, failed or on its way, or the host could not be reached.",
        causes=(
            "It was stopped, by fab stop or by hand.",
            "It failed to start, or was never started.",
            "unreachable: SSH to the host failed; the reason stands above.",
        ),
        commands=(
            Command("fab history", "whether somebody stopped it"),
            ERRORS,
            Command("fab -H HOST run 'journalctl -u kafka -n 50 --no-pager'", "systemd's view of it"),
            START,
        ),
    ),
    Entry(
        StatusCode.CRASHED,
        "a service exited by itself",
        "In the last five minutes its process ended without being stopped; systemd starts it again. After an unclean "
        "shutdown a broker recovers its logs first.",
        causes=(
            "An error that Kafka does not survive: a failed log directory, a fatal fault in KRaft, out of memory.",
            "The kernel's OOM killer (status 9, see dmesg).",
            "Its old registration was still in ZooKeeper (KAFKA-7165): the next start succeeds.",
        ),
        commands=(
            ERRORS,
            Command("fab -H HOST run 'dmesg | grep -i oom'", "whether the kernel killed it"),
            Command("fab -H HOST preflight", "memory, limits, disks"),
            Command("fab bundle", "configuration, logs and state in one archive"),
        ),
    ),
    Entry(
        StatusCode.FOREIGN_SERVICE,
        "the services of this host belong to somebody else",
        "Units with the names of this cluster's exist on the host and were not made by it. kafka-fab changes nothing "
        "there.",
        causes=(
            "A package or another tool has installed Kafka there.",
            "Another cluster's folder has installed it, under the same service name.",
        ),
        commands=(
            Command("fab -H HOST plan", "what stands there, and whose it is"),
            Command("fab -H HOST run 'systemctl cat kafka'", "the unit as it is"),
        ),
    ),
    Entry(
        StatusCode.DRIFT,
        "the host is not as installed",
        "Something on the host was changed since its install, and not by an edit of conf/ or hosts.ini.",
        causes=(
            "Somebody edited a file, an owner, a mode or a unit by hand.",
            "A file was added to Kafka's folder, such as one more jar.",
        ),
        commands=(
            Command("fab -H HOST plan", "all that differs, files as a diff"),
            Command("fab -H HOST install", "repair it; restarts nothing"),
        ),
    ),
    Entry(
        StatusCode.OPERATION_INTERRUPTED,
        "an operation was interrupted",
        "A rolling restart or a move of partitions was cut off and must be resumed, or abandoned. Until then other "
        "operations of that kind are refused.",
        causes=("Its machine was turned off, its connection was lost, or it was killed.",),
        commands=(
            Command("fab history", "what it was, whose, and how far it came"),
            Command("fab rolling-restart --resume", "continue a roll"),
            Command("fab rolling-restart --abandon", "or abandon it"),
            Command("fab topics.apply", "continue a move"),
        ),
    ),
    Entry(
        StatusCode.THROTTLE_LEFT,
        "a replication throttle was left",
        "A move was interrupted, and its throttle still limits replication on these brokers: replicas catch up slowly, "
        "also after a restart.",
        causes=("fab topics.apply was cut off before it could remove its throttle.",),
        commands=(
            Command("fab topics.apply", "continue the move; it removes the throttle at its end"),
            Command(
                "fab -H HOST run '/opt/kafka/bin/kafka-configs.sh --bootstrap-server HOST:9092 --describe "
                "--entity-type brokers'",
                "the throttles that are set",
            ),
        ),
    ),
    Entry(
        StatusCode.UNKNOWN,
        "the state of the cluster cannot be read",
        "Something that must be known is not: there is no controller or quorum, metadata could not be read, or hosts "
        "belong to another cluster. Critical: nothing else can be judged.",
        causes=(
            "ZooKeeper or the controllers have no quorum.",
            "No broker runs, or this machine cannot reach any of them.",
            "hosts.ini names hosts of another cluster, or the wrong folder is in use (KAFKA_FAB_CLUSTER).",
        ),
        commands=(VALIDATE, Command("fab start", "start what is down, in a safe order"), QUORUM, ERRORS),
    ),
    Entry(
        StatusCode.UNEXPECTED_BROKER,
        "an unexpected broker is registered",
        "A broker that hosts.ini does not have is registered: partitions can be placed on it, and no task restarts or "
        "checks it.",
        causes=(
            "Its line was removed from hosts.ini, and it still runs.",
            "A broker of another cluster uses the same ZooKeeper chroot.",
        ),
        commands=(
            VALIDATE,
            Command("fab placement", "what is placed on it"),
            Command("fab plan", "after its line was added to hosts.ini again"),
        ),
    ),
    Entry(
        StatusCode.STANDALONE_SERVER,
        "a ZooKeeper server runs standalone",
        "This server runs as a ZooKeeper of its own beside the ensemble. Brokers that connect to it see other data "
        "than the rest: two controllers are possible.",
        causes=(
            "Its configuration has no server lines, as after a start with a file of an earlier, single server.",
            "It was not restarted after [zookeeper] of hosts.ini had grown.",
        ),
        commands=(
            Command("fab -H HOST plan", "the difference between hosts.ini and its file"),
            Command("fab -H HOST stop --force", "stop it before brokers write to it"),
            Command("fab -H HOST install start", "start it with the server lines of the ensemble"),
            VALIDATE,
        ),
    ),
    Entry(
        StatusCode.CERTIFICATE_ENDS,
        "a certificate ends soon",
        "A certificate on a host, one that a process still holds, kafka-fab's own or a CA's ends within 30 days, or "
        "within a third of its life; within 7 days, or a twelfth, it is critical. After its end new connections are "
        "refused. A KRaft broker that controllers refuse goes on with metadata that no longer changes.",
        causes=(
            "It is due for renewal: two thirds of its life are over.",
            "It was renewed, and a process still uses the one that it has started with: a restart is needed.",
            "A CA ends: certificates that it issued end with it.",
        ),
        commands=(
            Command("fab certificates.list", "what is on disk, held by a process, and served, with the days left"),
            Command("fab certificates.renew", "renew what is due, without a restart"),
            Command("fab rolling-restart --changed", "restart what holds an older certificate"),
        ),
    ),
    Entry(
        StatusCode.FALSE_METADATA,
        "a broker's metadata is not the cluster's",
        "A broker serves no topics, other topics and partitions than the cluster has, or stale leader epochs. What it "
        "reports is not to be trusted: such a broker calls nothing under-replicated. Rolls wait (R53 to R55).",
        causes=(
            "It has just started: that passes within a second.",
            "It runs a version older than the finalized level: see `Can't read version` errors in its log.",
            "The controller, or in KRaft mode the broker, cannot connect to the other.",
        ),
        commands=(
            VALIDATE,
            ERRORS,
            Command("fab -H HOST rolling-restart", "restart that broker alone, once it has the right version"),
        ),
    ),
)
