"""U: an upgrade to another version, the way back from it, and its end."""

from kafka_fab.runbook.codes import UpgradeCode
from kafka_fab.runbook.common_commands import INSTALL, START
from kafka_fab.runbook.entry import Command, Entry

STATE = Command("fab upgrade --status", "each service's version on disk, the running one, pins, and the phase")
PLAN = Command("fab upgrade --plan", "the path, what would change, and all that blocks it")
UPGRADE = Command("fab upgrade", "upgrade the services that are behind")
BACK = Command("fab upgrade --rollback", "go back to the version of before, service by service")
FINALIZE = Command("fab finalize", "end the upgrade; it cannot be undone")

ENTRIES = (
    Entry(
        UpgradeCode.NO_PATH,
        "no single upgrade leads to this version",
        "Brokers of the two versions cannot work together, or the newer one cannot read what the older one has "
        "written. The message has the path, and the version to write next. Nothing was changed.",
        causes=(
            "A version in between was skipped: 0.8.0 to 3.9 goes by 2.8.2, ZooKeeper to 4.x by 3.9 and KRaft.",
            "`version` in conf/cluster.yaml is older than the running one.",
            "The groups of hosts.ini change the mode: that is a migration, not an upgrade.",
        ),
        commands=(PLAN, STATE),
    ),
    Entry(
        UpgradeCode.NOT_PREPARED,
        "the new version is not on the host yet",
        "An upgrade changes a service between its stop and its start, and downloads nothing meanwhile. `install` "
        "extracts the new version beside the running one, and leaves the services as they are. Nothing was changed.",
        causes=("`fab install` was not run since `version` was changed.", "The install failed on that host."),
        commands=(INSTALL, PLAN),
    ),
    Entry(
        UpgradeCode.UNFIT,
        "the host cannot run the new version",
        "Before anything is stopped, each host is asked for its Java, its data directories and all that an install "
        "holds against the disk. One of them would not start the new version, or with other data. Nothing was changed.",
        causes=(
            "Java is too old: 4.x needs 17. Set `java.home` or `java.package`.",
            "A data directory, a port of the quorum or a listener was changed in the same edit.",
        ),
        commands=(Command("fab -H HOST preflight", "what the host lacks"), PLAN),
    ),
    Entry(
        UpgradeCode.UNFINALIZED,
        "an earlier upgrade is not finalized",
        "At most two versions may run at once, and the new one must understand the level at which the brokers are "
        "kept. End the earlier upgrade, or go back from it. Nothing was changed.",
        causes=("The earlier upgrade was left to soak.", "Another tool upgraded the cluster and did not finalize it."),
        commands=(STATE, FINALIZE, BACK),
    ),
    Entry(
        UpgradeCode.UNEXPECTED_BROKER,
        "a broker is registered that hosts.ini does not have",
        "It would stay at its version while all others are upgraded, and Kafka refuses to finalize while one "
        "registered broker does not support the new level. Nothing was changed.",
        causes=(
            "A broker was taken out of hosts.ini while it runs.",
            "A broker of another cluster has the same ZooKeeper or controllers.",
        ),
        commands=(Command("fab validate", "every difference between hosts.ini and the live cluster"), STATE),
    ),
    Entry(
        UpgradeCode.METADATA_VERSION,
        "metadata.version is too low for the new version",
        "Kafka 4.0 and later do not start with metadata written at a level below 3.3-IV3. Nothing was changed.",
        causes=(
            "The last upgrade was never finalized.",
            "No broker answers, so that the level is not known.",
        ),
        commands=(STATE, FINALIZE),
    ),
    Entry(
        UpgradeCode.CONTRADICTION,
        "the services are not in the state of one upgrade",
        "More than two versions, a broker that speaks a newer protocol than others understand, or settings older than "
        "what runs. kafka-fab changes nothing in such a state, because it cannot know which service is right.",
        causes=(
            "`version` was changed in the middle of an upgrade.",
            "Somebody changed unit files, pins or features by hand.",
            "A host was added in the middle of an upgrade with ZooKeeper.",
        ),
        commands=(STATE, BACK),
    ),
    Entry(
        UpgradeCode.PIN_IN_SETTINGS,
        "the settings raise the protocol version too early",
        "Brokers that are upgraded first would speak a protocol that the others do not understand: those would serve "
        "no partition. kafka-fab pins the level by itself, and finalize raises it. Nothing was changed.",
        causes=("inter.broker.protocol.version in kafka.properties was raised together with `version`.",),
        commands=(PLAN,),
    ),
    Entry(
        UpgradeCode.NO_WAY_BACK,
        "there is no way back from this upgrade",
        "The older version does not start with what the newer one has written since the upgrade was finalized, or "
        "there are no files of an earlier version on the hosts. Nothing was changed.",
        causes=("The upgrade is finalized, also in part.", "There was no upgrade."),
        commands=(STATE, FINALIZE),
    ),
    Entry(
        UpgradeCode.NOT_COMPLETE,
        "the upgrade is not complete, so it cannot be finalized",
        "Every service must run the new version first: those that do not would not start any more, or would serve no "
        "partition. Nothing was changed.",
        causes=("Services were left out by --limit.", "The upgrade was interrupted."),
        commands=(STATE, UPGRADE, START),
    ),
    Entry(
        UpgradeCode.REJECTED,
        "the cluster rejects the new feature levels",
        "A registered broker or controller does not support the level, be it stopped or forgotten. Kafka names it. "
        "The features that the message names were not raised.",
        causes=(
            "A broker of the older version is still registered: stopped, or not in hosts.ini.",
            "A controller of the older version was a member of the quorum a moment ago.",
        ),
        commands=(STATE, Command("fab quorum.show", "voters and observers, also those that hosts.ini does not have")),
    ),
    Entry(
        UpgradeCode.NOT_READ_BACK,
        "a node does not report the new feature levels",
        "The controller has taken the new levels, but not every broker and controller reports them within half a "
        "minute. The upgrade is finalized; the node does not follow the metadata log.",
        causes=("A broker or controller hangs, or is far behind.",),
        commands=(STATE, Command("fab status", "which services do not keep up")),
    ),
    Entry(
        UpgradeCode.UNREADABLE,
        "what runs on a host is not known",
        "An upgrade, a way back and a finalize begin only where the version of every service is known. "
        "Nothing was changed.",
        causes=("A host does not answer.", "A service of hosts.ini is not installed yet.", "No broker answers."),
        commands=(STATE, Command("fab -H HOST run 'true'", "the connection alone")),
    ),
    Entry(
        UpgradeCode.STATIC_QUORUM,
        "the quorum is static, and the settings would make it dynamic",
        "controller.quorum.voters lists the voters of a static quorum. From 3.9 on kafka-fab writes the properties of "
        "a dynamic one by default: with these the controllers would find no voters. Nothing was changed.",
        causes=("The cluster was built with a version before 3.9, and the settings do not say `quorum: static`.",),
        commands=(PLAN,),
    ),
    Entry(
        UpgradeCode.ENSEMBLE_SPLIT,
        "some ZooKeeper servers would be upgraded without the others",
        "ZooKeeper servers of 3.5 and later and those before 3.4.6 do not connect (ZOOKEEPER-1633): an ensemble of "
        "both has no majority. They are stopped and started in one step, for some seconds in which brokers go on and "
        "nothing elects a leader. Nothing was changed.",
        causes=("-H or --limit name hosts of some servers of the ensemble.",),
        commands=(PLAN,),
    ),
)
