"""P: what `fab preflight` finds before a start, and an install before it changes a host."""

from kafka_fab.runbook.codes import PreflightCode
from kafka_fab.runbook.common_commands import INSTALL, PLAN
from kafka_fab.runbook.entry import Command, Entry

AGAIN = Command("fab -H HOST preflight", "check again")
HOSTS = Command("fab run 'getent ahosts HOST'", "how each host resolves a name")
PROPERTIES = Command("fab -H HOST run 'cat /opt/kafka-logs/meta.properties'", "the ids on a broker's disk")
DISKS = Command("fab -H HOST run 'df -h; df -i; findmnt'", "file systems, inodes and mounts")
DAEMON_RELOAD = Command("fab -H HOST run 'systemctl daemon-reload'", "after a change of systemd's files")

ENTRIES = (
    Entry(
        PreflightCode.CONNECTION,
        "the host did not answer",
        "The host could not be asked over SSH, so nothing is known about it. Its code H... in the line says what "
        "failed.",
        causes=("The host is down, or SSH or sudo refuses.",),
        commands=(Command("ssh HOST true", "the connection without fab"), AGAIN),
    ),
    Entry(
        PreflightCode.CLOCKS,
        "clocks differ",
        "The clocks of the hosts are apart: half a second is a warning, five seconds an error. Message timestamps, "
        "retention, certificates and the merged logs depend on them.",
        causes=("No time synchronisation runs, or it has no source.",),
        commands=(
            Command("fab run 'timedatectl; chronyc tracking'", "the state of the synchronisation on each host"),
            Command("fab -H HOST run 'systemctl enable --now chrony'", "on Debian; chronyd on Red Hat's"),
        ),
    ),
    Entry(
        PreflightCode.NAME,
        "a host's name has no address, or not the same everywhere",
        "Brokers and servers find each other by these names. A host that resolves one differently connects elsewhere.",
        causes=("The name is not in the DNS, or /etc/hosts differs between hosts.",),
        commands=(HOSTS, AGAIN),
    ),
    Entry(
        PreflightCode.OWN_NAME,
        "a host's own name is a loopback address",
        "A service that binds to that name listens to its own host only. An error where that breaks Kafka or ZooKeeper "
        "of this version, else a warning.",
        causes=("The installer of the distribution wrote `127.0.1.1 NAME` into /etc/hosts.",),
        commands=(Command("fab -H HOST run 'cat /etc/hosts'", "the line to correct"), AGAIN),
    ),
    Entry(
        PreflightCode.REVERSE_NAME,
        "an address resolves to another host's name",
        "Kafka and ZooKeeper write such names into logs, and TLS on the quorum's port may check them.",
        causes=("The reverse zone of the DNS, or /etc/hosts, is wrong.",),
        commands=(Command("fab run 'getent hosts ADDRESS'", "how each host resolves the address"), AGAIN),
    ),
    Entry(
        PreflightCode.CONNECTIVITY,
        "a port of another host cannot be reached",
        "A service on one host connects to this port of another. `no answer` is usually a firewall; `refused` is right "
        "only while nothing listens there.",
        causes=(
            "A firewall on one of the hosts or between them.",
            "The service listens on another address than the one that is used.",
            "The target host is down.",
        ),
        commands=(
            Command("fab -H HOST run 'ss -ltnp'", "what listens on the target, and on which address"),
            Command("fab -H HOST run 'nft list ruleset; iptables -S'", "its packet filter"),
            Command(
                """fab -H HOST run 'bash -c "exec 3<>/dev/tcp/TARGET/PORT" && echo open'""",
                "the same connection, by hand",
            ),
        ),
    ),
    Entry(
        PreflightCode.VOTER_DISK,
        "a controller's disk is not the one that the quorum has",
        "The metadata directory is empty or was replaced, while the quorum has this controller as a voter. Formatted "
        "and started, it could vote without the records that it had committed: two leaders, or lost metadata.",
        causes=("The file system is not mounted.", "The disk was replaced."),
        commands=(
            DISKS,
            Command("fab quorum.show", "voters and their directory ids"),
            Command(
                "fab quorum.remove HOST", "after a replaced disk: take the old voter out, then start and quorum.add"
            ),
        ),
    ),
    Entry(
        PreflightCode.CLUSTER_ID,
        "hosts with different cluster ids",
        "Data directories of two clusters are in one hosts.ini. The brokers of one of them would refuse to start.",
        causes=("A host or disk was taken from another cluster without being emptied.",),
        commands=(PROPERTIES, AGAIN),
    ),
    Entry(
        PreflightCode.SYSTEMD,
        "systemd does not run",
        "Services are systemd units: process 1 must be systemd, and running.",
        causes=("A container or chroot without systemd.", "systemd is in maintenance, or still boots."),
        commands=(Command("fab -H HOST run 'systemctl is-system-running; systemctl --failed'", "systemd's own state"),),
    ),
    Entry(
        PreflightCode.BASH,
        "bash is missing",
        "Kafka's start scripts are written in bash, and the check of connections needs it too.",
        causes=("A minimal image.",),
        commands=(Command("fab -H HOST run 'apt-get install -y bash || dnf install -y bash'", "install it"),),
    ),
    Entry(
        PreflightCode.DOWNLOAD,
        "neither curl nor wget",
        "The host cannot fetch the archive from the mirror: an install would fail there.",
        causes=("A minimal image.",),
        commands=(
            Command("fab -H HOST run 'apt-get install -y curl || dnf install -y curl'", "install one"),
            Command("fab install", "or set download: push in conf/cluster.yaml first"),
        ),
    ),
    Entry(
        PreflightCode.DISK,
        "little room on a disk",
        "Below 100 MiB or 1 % of the inodes a start fails; below 1 GiB, 10 % or 10 % of the inodes it is a warning.",
        causes=("Data, logs or something else fill the file system.", "The data disk is not mounted (P13)."),
        commands=(DISKS, Command("fab placement", "bytes per broker and log directory")),
    ),
    Entry(
        PreflightCode.MOUNT,
        "a log directory is not a mount point",
        "kafka.log_dirs_are_mounts is true, and this directory is on another file system: the broker would fill that "
        "one.",
        causes=("The disk is not mounted, as after a reboot without a line in /etc/fstab.",),
        commands=(DISKS, Command("fab -H HOST run 'mount -a'", "mount what /etc/fstab names"), AGAIN),
    ),
    Entry(
        PreflightCode.FILE_SYSTEM,
        "several log directories on one file system",
        "They share the room and the speed of one disk, and all of them fail with it.",
        causes=("A disk is not mounted, or the directories were never on disks of their own.",),
        commands=(DISKS, AGAIN),
    ),
    Entry(
        PreflightCode.OPEN_FILES,
        "the limit of open files is too low",
        "A broker holds two files per segment and one per connection. At the limit it ends or takes its log "
        "directories offline (Too many open files).",
        causes=(
            "The service still runs with an older limit.",
            "systemd cannot raise it: a container, or fs.nr_open.",
            "There are more segments than kafka.open_files allows.",
        ),
        commands=(
            Command("fab -H HOST run 'systemctl show -p LimitNOFILE kafka; sysctl fs.nr_open'", "both limits"),
            INSTALL,
            Command("fab rolling-restart --changed", "restart what runs with an older limit"),
        ),
    ),
    Entry(
        PreflightCode.MEMORY_MAPS,
        "vm.max_map_count is too low",
        "Each segment takes two memory maps. Beyond the limit the broker ends with `Map failed` (OutOfMemoryError).",
        causes=("tuning.enabled is false, or tuning.max_map_count is below what the segments need.",),
        commands=(Command("fab -H HOST run 'sysctl vm.max_map_count'", "the value now"), INSTALL),
    ),
    Entry(
        PreflightCode.MEMORY,
        "the heaps leave too little memory",
        "The heaps of the host's services take more than 75 % of its memory (warning), or more than all of it (error). "
        "The page cache needs the rest, and the kernel kills what is too much.",
        causes=("heap is too large for this host, or several services share it.", "A control group limits the memory."),
        commands=(
            Command("fab -H HOST run 'free -h; systemctl show -p MemoryMax kafka'", "memory and its limits"),
            Command("fab install", "after a smaller heap in conf/cluster.yaml"),
        ),
    ),
    Entry(
        PreflightCode.SWAP,
        "swap is used eagerly",
        "A broker that is swapped out stands still, and loses its session.",
        causes=("Swap is on, and vm.swappiness is above 10.",),
        commands=(
            Command("fab -H HOST run 'sysctl vm.swappiness; swapon --show'", "both"),
            Command("fab -H HOST run 'swapoff -a'", "switch it off; also remove its line from /etc/fstab"),
        ),
    ),
    Entry(
        PreflightCode.JAVA,
        "no Java that this Kafka runs on",
        "The host has no Java of a fitting version, the service's user cannot run it, or it cannot be installed.",
        causes=(
            "Another version is installed: each Kafka runs on a range of versions.",
            "A folder above java.home is closed to the service's user.",
            "No package manager that kafka-fab knows (apt-get, dnf).",
        ),
        commands=(
            Command("fab -H HOST run 'java -version; ls /usr/lib/jvm'", "which ones are there"),
            Command("fab -H HOST install", "after java.home or java.package was set in conf/cluster.yaml"),
        ),
    ),
    Entry(
        PreflightCode.ENVIRONMENT,
        "systemd sets environment variables for every service",
        "Kafka's scripts or the JVM read these variables, and conf/ did not set them.",
        causes=("systemctl set-environment, or DefaultEnvironment= in /etc/systemd/system.conf.",),
        commands=(
            Command("fab -H HOST run 'systemctl show-environment'", "all of them"),
            Command("fab -H HOST run 'systemctl unset-environment NAME'", "remove one; and from system.conf"),
        ),
    ),
    Entry(
        PreflightCode.LIMIT,
        "a limit of systemd is too low",
        "LimitAS, LimitDATA, LimitFSIZE, LimitNPROC or TasksMax is below what the JVM needs: it ends at the start, or "
        "later when it needs more threads, memory or larger files.",
        causes=("A Default... line in /etc/systemd/system.conf, or a drop-in of the unit.",),
        commands=(
            Command("fab -H HOST run 'systemctl cat kafka; systemctl show kafka | grep -E \"^(Limit|Tasks)\"'", "all"),
            DAEMON_RELOAD,
        ),
    ),
    Entry(
        PreflightCode.LOG_DIR,
        "something in a log directory stops the broker",
        "The broker reads every folder of a log directory at its start, and ends at one that is not topic-partition, "
        "at a file that looks like a segment and is none, or where two paths are the same directory.",
        causes=(
            "lost+found at the root of the mounted file system.",
            "A backup or a copy that was left in a partition's folder.",
            "A symbolic link makes two log directories one.",
        ),
        commands=(
            Command("fab -H HOST run 'ls -la /opt/kafka-logs'", "what is there"),
            Command("fab -H HOST run 'mv FILE /root/'", "move it out"),
            AGAIN,
        ),
    ),
    Entry(
        PreflightCode.FILE_OWNER,
        "files in a data directory belong to another user",
        "The service's user cannot open them: the broker ends or takes the log directory offline "
        "(AccessDeniedException).",
        causes=("Kafka was started once as root.", "Data was copied from another host."),
        commands=(
            Command("fab -H HOST run 'chown -R kafka: /opt/kafka-logs'", "give them to the service's user"),
            AGAIN,
        ),
    ),
    Entry(
        PreflightCode.ACCESS,
        "a data directory cannot be written by the service's user",
        "A folder on the path is closed to the user, or the directory itself is.",
        causes=("A mode such as 700 on a parent folder.", "A read-only mount, or chattr +i."),
        commands=(
            Command("fab -H HOST run 'namei -l /opt/kafka-logs'", "owner and mode of each part of the path"),
            INSTALL,
            AGAIN,
        ),
    ),
    Entry(
        PreflightCode.NOEXEC,
        "the folder for temporary files is mounted noexec",
        "zstd, snappy and lz4 load a native library from there: compressed topics fail (UnsatisfiedLinkError).",
        causes=("/var is mounted noexec.",),
        commands=(DISKS, Command("fab -H HOST run 'mount -o remount,exec /var'", "and in /etc/fstab"), AGAIN),
    ),
    Entry(
        PreflightCode.CONFIGURATION,
        "Kafka refuses its configuration",
        "Kafka's own kafka-storage.sh has read the file and refused it: the service would end at its start.",
        causes=(
            "A property in conf/cluster.yaml or a template has a value or a combination that Kafka does not take.",
        ),
        commands=(
            Command(
                "fab -H HOST run 'runuser -u kafka -- /opt/kafka/bin/kafka-storage.sh info -c "
                "/etc/kafka/server.properties'",
                "Kafka's own words",
            ),
            Command("fab install", "after the correction in conf/cluster.yaml"),
        ),
    ),
    Entry(
        PreflightCode.IDENTITY,
        "an id on disk differs, or is lost",
        "myid or meta.properties has another id than hosts.ini, or meta.properties is missing in a directory with "
        "partitions. The service would refuse to start, or start as another one.",
        causes=(
            "The id in hosts.ini was edited, or two lines were swapped.",
            "The disk belongs to another host or cluster.",
            "meta.properties was deleted.",
        ),
        commands=(PROPERTIES, PLAN, AGAIN),
    ),
    Entry(
        PreflightCode.PORT,
        "a port is in use",
        "Another process listens on a port of the service, which could not bind to it.",
        causes=(
            "The same service runs outside of systemd.",
            "Another Kafka, or another program, uses the port.",
        ),
        commands=(
            Command("fab -H HOST run 'ss -ltnp'", "who listens"),
            Command("fab -H HOST run 'systemctl status PID'", "which unit that process belongs to"),
        ),
    ),
    Entry(
        PreflightCode.DATA,
        "a directory with data is out of the settings",
        "A directory that held data before is no longer in the configuration: the service would start without it.",
        causes=("kafka.log_dirs, or the data directory of ZooKeeper, was edited.",),
        commands=(
            PLAN,
            Command("fab install --abandon-dir FOLDER", "accept the loss of its data, by name"),
        ),
    ),
    Entry(
        PreflightCode.METADATA,
        "the metadata is somewhere else now",
        "The data on the disks was written with metadata in another place (ZooKeeper's chroot, or controllers): the "
        "broker would start in another cluster.",
        causes=("kafka.chroot or the groups of hosts.ini were edited.",),
        commands=(PLAN, AGAIN),
    ),
    Entry(
        PreflightCode.FIXED_KEY,
        "a value must not change while the service runs",
        "The new value differs from the one that the running service has, and cannot be changed under it.",
        causes=("A port or path of a quorum was edited on a live cluster.",),
        commands=(PLAN, Command("fab restart", "stop and start the whole cluster, with an outage")),
    ),
    Entry(
        PreflightCode.MEMBERS,
        "the members of a quorum have changed",
        "A server with data was written for other members of its quorum. Members are changed one at a time, or two "
        "majorities can exist.",
        causes=("Several lines of [zookeeper] or [controller] were edited at once.",),
        commands=(PLAN, Command("fab quorum.show", "the voters, where KRaft is used")),
    ),
    Entry(
        PreflightCode.VERSION,
        "the version must not change like this",
        "A service would start with an older version than the one that has written its data, or it runs another one "
        "and its unit file is missing.",
        causes=(
            "version in conf/cluster.yaml was lowered.",
            "A newer version was prepared or upgraded to from another folder, with a newer conf/cluster.yaml.",
        ),
        commands=(
            Command("fab version", "wanted, on disk and running, per service"),
            Command("fab upgrade --status", "where an upgrade is, and whether a way leads back"),
        ),
    ),
    Entry(
        PreflightCode.OWNER,
        "a unit, user or directory belongs to another cluster",
        "kafka-fab has noted whose each thing on a host is. What another cluster or nobody owns is not changed.",
        causes=("Two clusters on one host share a service name or path.", "Another tool installed Kafka there."),
        commands=(
            PLAN,
            Command("fab -H HOST run 'ls -l /var/lib/kafka-fab'", "what kafka-fab has noted on the host"),
        ),
    ),
    Entry(
        PreflightCode.PATHS,
        "paths overlap",
        "A path of the settings is a folder of the system, or equal to, inside or above another one, on this host.",
        causes=("A symbolic link leads one path into another.", "A path such as /var/lib itself was named."),
        commands=(Command("fab -H HOST run 'readlink -f FOLDER'", "where a path leads"), PLAN),
    ),
    Entry(
        PreflightCode.TREE,
        "Kafka's folder is not as extracted",
        "Files of the archive are missing, cut, replaced or added: a start may fail, or load something else.",
        causes=("A full disk, or somebody edited it.", "A jar was added to libs/."),
        commands=(PLAN, INSTALL, Command("fab validate --deep", "every file by its hash")),
    ),
    Entry(
        PreflightCode.UNIT,
        "a unit is not as installed",
        "The unit is disabled, masked or edited, or systemd reads another file or a drop-in with the same name.",
        causes=("systemctl edit, set-property or mask.", "A package brought a unit of the same name."),
        commands=(
            Command("fab -H HOST run 'systemctl cat kafka; systemctl is-enabled kafka'", "what systemd reads"),
            INSTALL,
            DAEMON_RELOAD,
        ),
    ),
    Entry(
        PreflightCode.DIRECTORY,
        "a directory has another owner or mode",
        "A directory of the service is not as installed: others may read its data, or it cannot write.",
        causes=("Somebody changed it by hand.",),
        commands=(PLAN, INSTALL),
    ),
    Entry(
        PreflightCode.MANIFEST,
        "Kafka's folder has no usable manifest",
        "The list of what the archive brought is missing or damaged, so the folder cannot be checked.",
        causes=("An older kafka-fab extracted it.", "Somebody deleted it."),
        commands=(INSTALL, Command("fab validate --deep", "every file by its hash")),
    ),
    Entry(
        PreflightCode.NOT_MANAGED,
        "something that the next start reads is not managed by kafka-fab",
        "A drop-in, a sysctl file, a group or shell of the service's user: kafka-fab leaves it alone and names it.",
        causes=("An administrator, a package or another cluster on this host put it there.",),
        commands=(PLAN, AGAIN),
    ),
    Entry(
        PreflightCode.OTHER,
        "the script failed on the host",
        "The script of kafka-fab that looks at the host failed at one thing; its own words stand in the line.",
        causes=("A command that it needs is missing or refused, or a file cannot be read.",),
        commands=(
            Command("fab -H HOST plan", "the same questions, one by one"),
            Command("fab bundle", "configuration, logs and host facts in one archive"),
        ),
    ),
)
