"""Examples of each task: its page in docs/, and what to type. Read when a help is printed."""

EXAMPLES: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "init": (
        "install.md",
        (
            ("init clusters/prod", "ask for hosts, mode and version, and write the folder"),
            ("init clusters/prod --hosts k1,k2,k3 --version 4.3.1", "ask nothing: KRaft on three hosts"),
            ("init --zookeeper --hosts k1,k2,k3", "here, with a ZooKeeper ensemble"),
        ),
    ),
    "preflight": (
        "first-cluster.md",
        (
            ("preflight", "the checks that warn or fail, on all hosts"),
            ("-H kafka1 preflight --all", "every check of one host"),
        ),
    ),
    "plan": (
        "drift.md",
        (
            ("plan", "what an install would change, as a diff"),
            ("plan --check", "exit with 2 if anything would change, as for a nightly job"),
            ("plan --full", "with the content of new files"),
        ),
    ),
    "install": (
        "first-cluster.md",
        (
            ("install", "all hosts; a second run changes nothing"),
            ("-H kafka4 install", "one new host"),
            ("install start validate", "three tasks; the first that fails ends the run"),
        ),
    ),
    "download": ("first-cluster.md", (("download", "the archive on every host, hours before an upgrade"),)),
    "extract": ("first-cluster.md", (("extract", "the archive's tree beside the one that runs"),)),
    "symlink": ("first-cluster.md", (("symlink", "only the link to the version"),)),
    "config": ("day-2.md", (("config", "only configuration and units; restarts nothing"),)),
    "log-dirs": ("day-2.md", (("log-dirs", "only the directories for data and logs"),)),
    "uninstall": (
        "ownership.md",
        (
            ("-H kafka4 uninstall", "one host; data and logs stay"),
            ("uninstall --data", "everything, with all messages; asks first"),
        ),
    ),
    "start": ("first-cluster.md", (("start", "all services, and wait until each is ready"),)),
    "stop": (
        "day-2.md",
        (
            ("stop", "the whole cluster"),
            ("-H kafka2 stop", "one host, only if that is safe"),
        ),
    ),
    "restart": ("day-2.md", (("restart", "the whole cluster, with an outage"),)),
    "rolling-restart": (
        "rolling.md",
        (
            ("rolling-restart --plan", "the order, the safety checks and the duration; restarts nothing"),
            ("rolling-restart --changed", "only services that run an outdated configuration"),
            ("rolling-restart --resume", "continue after an interruption"),
        ),
    ),
    "reconfigure": (
        "day-2.md",
        (
            ("reconfigure --plan", "which keys running brokers would take"),
            ("reconfigure", "apply them without a restart"),
        ),
    ),
    "elect-leaders": (
        "rolling.md",
        (
            ("elect-leaders --plan", "which partitions are led by others"),
            ("elect-leaders orders", "the preferred leaders of one topic"),
        ),
    ),
    "unregister": ("kraft.md", (("unregister 7", "the registration of a broker that is gone"),)),
    "run": ("day-2.md", (("run 'df -h /opt/kafka-logs'", "as root on every host"),)),
    "upgrade": (
        "upgrade.md",
        (
            ("upgrade --plan", "path, files, order, and all that blocks it"),
            ("upgrade", "service by service, then stop for a soak"),
            ("upgrade --rollback", "back to the version of before"),
        ),
    ),
    "finalize": ("upgrade.md", (("finalize", "end the upgrade; nothing leads back afterwards"),)),
    "prune": ("upgrade.md", (("prune --keep 2", "remove old versions from the hosts"),)),
    "status": (
        "status.md",
        (
            ("status", "services, problems and disks"),
            ("status --watch", "again every two seconds, until Ctrl-C"),
            ("status --json", "for programs"),
        ),
    ),
    "validate": (
        "drift.md",
        (
            ("validate", "the live cluster against hosts.ini"),
            ("validate --deep", "every file of the installed versions, too"),
        ),
    ),
    "smoke": ("first-cluster.md", (("smoke", "a message through each broker"),)),
    "version": ("upgrade.md", (("version", "configured, installed and running versions"),)),
    "logs": (
        "day-2.md",
        (
            ("logs --lines 50", "the last lines of all hosts, merged by time"),
            ("-H kafka1 logs --follow", "as they come"),
            ("logs --grep ERROR", "lines with a text"),
        ),
    ),
    "history": ("day-2.md", (("history", "who changed the live cluster, when, with what result"),)),
    "package": (
        "packages.md",
        (
            ("package", "make DEBs and RPMs of Kafka and of the cluster's configuration"),
            ("package --format deb --repository", "make DEBs, and the metadata that apt needs"),
        ),
    ),
    "placement": (
        "placement.md",
        (
            ("placement", "partitions by broker, bytes of each log directory"),
            ("placement --html placement.html", "as a page"),
        ),
    ),
    "bundle": ("bundle.md", (("bundle", "an archive for a support case, without secrets"),)),
    "explain": (
        "runbook.md",
        (
            ("explain R4", "meaning, causes and commands of a code"),
            ("explain", "all codes"),
        ),
    ),
    "help": ("install.md", (("help rolling-restart", "options and examples of a task"),)),
    "topics.plan": ("topics.md", (("topics.plan", "what conf/topics.yaml would change"),)),
    "topics.apply": (
        "topics.md",
        (
            ("topics.apply", "topics and quotas as in the file"),
            ("topics.apply --throttle 20000000", "move replicas at 20 MB/s for each broker"),
        ),
    ),
    "topics.list": ("topics.md", (("topics.list", "all topics"),)),
    "topics.describe": ("topics.md", (("topics.describe orders", "partitions and configs of a topic"),)),
    "topics.create": (
        "topics.md",
        (("topics.create orders --partitions 12 --config retention.ms=3600000", "a topic that is in no file"),),
    ),
    "topics.delete": ("topics.md", (("topics.delete orders", "with all its messages; asks first"),)),
    "users.plan": ("users-and-acls.md", (("users.plan", "what conf/users.yaml would change"),)),
    "users.apply": ("users-and-acls.md", (("users.apply", "SCRAM users as in the file"),)),
    "users.list": ("users-and-acls.md", (("users.list", "all SCRAM users"),)),
    "acls.plan": ("users-and-acls.md", (("acls.plan", "what conf/acls.yaml would change"),)),
    "acls.apply": ("users-and-acls.md", (("acls.apply", "ACLs as in the file, so that nobody is locked out"),)),
    "acls.list": ("users-and-acls.md", (("acls.list", "all ACLs"),)),
    "acls.audit": ("users-and-acls.md", (("acls.audit", "who asks for what, and who would be denied"),)),
    "certificates.init": ("certificates.md", (("certificates.init", "a CA for the nodes, before the first install"),)),
    "certificates.list": ("certificates.md", (("certificates.list", "what is on disk, held and served"),)),
    "certificates.renew": ("certificates.md", (("certificates.renew", "what is due, without a restart"),)),
    "certificates.requests": ("certificates.md", (("certificates.requests", "requests for a CA elsewhere"),)),
    "certificates.install": ("certificates.md", (("certificates.install", "chains that were signed elsewhere"),)),
    "certificates.rotate-ca": ("certificates.md", (("certificates.rotate-ca", "the next pass to a new CA"),)),
    "certificates.client": (
        "certificates.md",
        (("certificates.client billing", "for an application"),),
    ),
    "quorum.show": ("kraft.md", (("quorum.show", "leader, voters and observers"),)),
    "quorum.add": ("kraft.md", (("quorum.add kafka4", "a controller that has started becomes a voter"),)),
    "quorum.remove": ("kraft.md", (("quorum.remove kafka1", "a voter leaves the quorum; asks first"),)),
    "security.status": ("security.md", (("security.status", "every listener, and who is connected"),)),
    "security.move": (
        "security.md",
        (
            ("security.move --plan", "the passes that are left, and what blocks the next"),
            ("security.move", "the next pass, as a roll"),
        ),
    ),
}
