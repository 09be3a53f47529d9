"""V: what `fab validate` and `fab smoke` find different."""

from kafka_fab.runbook.codes import ValidateCode
from kafka_fab.runbook.common_commands import CONNECTION, ERRORS, INSTALL, PLAN, QUORUM, START
from kafka_fab.runbook.entry import Command, Entry

STATUS = Command("fab status", "services, partitions, and all that is wrong")
CHANGED = Command("fab rolling-restart --changed", "restart what runs an outdated configuration, one by one")
VALIDATE = Command("fab validate", "check again")

ENTRIES = (
    Entry(
        ValidateCode.HOST_UNREADABLE,
        "the files of a host cannot be read",
        "SSH to the host failed, so its ids and directories were not checked.",
        causes=("The host is down, or SSH or sudo refuses; the reason stands in the column found.",),
        commands=(
            CONNECTION,
            Command("ssh HOST", "the same without fab"),
        ),
    ),
    Entry(
        ValidateCode.SERVER_MODE,
        "a ZooKeeper server is neither leader nor follower",
        "The server did not answer srvr, or does not serve: it has no quorum.",
        causes=(
            "It is down, or cannot reach the others on the peer and election ports.",
            "srvr is not in 4lw.commands.whitelist.",
        ),
        commands=(STATUS, START, ERRORS, Command("fab preflight", "connectivity between the servers")),
    ),
    Entry(
        ValidateCode.SERVER_ID,
        "a ZooKeeper server runs with another id",
        "The id in the running process differs from hosts.ini. Its votes count for another server.",
        causes=("myid or hosts.ini was edited after it had started.", "Two servers were swapped in hosts.ini."),
        commands=(PLAN, INSTALL, Command("fab rolling-restart --zookeeper", "restart the servers, one by one")),
    ),
    Entry(
        ValidateCode.MEMBERS,
        "a ZooKeeper server has another list of members",
        "The server lines that the process runs with differ from hosts.ini. Servers with different lists can form two "
        "majorities.",
        causes=("[zookeeper] of hosts.ini was edited, and not all servers were restarted since.",),
        commands=(PLAN, INSTALL, Command("fab rolling-restart --zookeeper", "restart the servers, one by one")),
    ),
    Entry(
        ValidateCode.ENSEMBLE_LEADER,
        "not exactly one ZooKeeper leader",
        "No leader: the ensemble serves nobody. Two: servers of two ensembles are in hosts.ini.",
        causes=(
            "An election is in progress, or fewer than a majority run.",
            "Servers have different lists of members (V4).",
        ),
        commands=(STATUS, START, ERRORS),
    ),
    Entry(
        ValidateCode.FOLLOWERS_BEHIND,
        "ZooKeeper followers are out of sync",
        "The leader has fewer synced followers than the ensemble has.",
        causes=("A server has just started and receives a snapshot.", "A server is down, or its disk is slow."),
        commands=(STATUS, ERRORS, VALIDATE),
    ),
    Entry(
        ValidateCode.SESSION_IDS,
        "two ZooKeeper servers gave out the same session id",
        "ZOOKEEPER-1622, in ZooKeeper before 3.4.6: one broker's session can end that of another.",
        causes=("The servers of Kafka 0.8.0's ZooKeeper started within certain milliseconds.",),
        commands=(Command("fab -H HOST rolling-restart --zookeeper", "restart the server that the check names"),),
    ),
    Entry(
        ValidateCode.ID_ON_DISK,
        "the id on disk differs from hosts.ini",
        "myid, broker.id or node.id on disk is another, or the directory is not formatted. A broker whose id differs "
        "refuses to start (InconsistentBrokerIdException).",
        causes=(
            "The id in hosts.ini was edited, or two lines were swapped.",
            "The disk was replaced, or belongs to another host.",
            "Nothing was started there yet.",
        ),
        commands=(
            Command("fab -H HOST run 'cat /opt/kafka-logs/meta.properties'", "the ids on the disk"),
            PLAN,
            START,
        ),
    ),
    Entry(
        ValidateCode.CLUSTER_ID_ON_DISK,
        "the cluster id on disk is another",
        "meta.properties has another cluster id than the cluster: the data is of another one, and the broker refuses "
        "to start (InconsistentClusterIdException).",
        causes=(
            "The host or the disk comes from another cluster.",
            "ZooKeeper lost its data and has a new id.",
            "kafka.chroot was edited.",
        ),
        commands=(
            Command("fab -H HOST run 'cat /opt/kafka-logs/meta.properties'", "the ids on the disk"),
            Command("fab validate", "the id of every directory"),
        ),
    ),
    Entry(
        ValidateCode.REGISTERED_BROKERS,
        "the registered brokers differ from hosts.ini",
        "A broker is missing in /brokers/ids, or one too many is there, or ZooKeeper could not be asked.",
        causes=("A broker is down, or still starts.", "A broker of another cluster uses the same chroot."),
        commands=(STATUS, START, ERRORS),
    ),
    Entry(
        ValidateCode.UNEXPECTED_BROKER,
        "an unexpected broker is registered",
        "A broker that hosts.ini does not have is registered, and partitions can be placed on it.",
        causes=(
            "Its line was removed from hosts.ini, and it still runs.",
            "A broker of another cluster uses the same ZooKeeper chroot.",
        ),
        commands=(
            Command("fab placement", "what is placed on it"),
            VALIDATE,
        ),
    ),
    Entry(
        ValidateCode.LISTENER,
        "a broker advertises another listener",
        "The registered address or port differs from hosts.ini and conf/: clients are sent there.",
        causes=(
            "The listener was edited, and the broker was not restarted since.",
            "advertised.listeners is set on one host only.",
        ),
        commands=(PLAN, INSTALL, CHANGED),
    ),
    Entry(
        ValidateCode.DUPLICATE_LISTENER,
        "two brokers advertise the same listener",
        "Clients that are sent to one of them reach the other, which does not lead their partitions.",
        causes=("The same address or advertised.listeners in two lines of hosts.ini.",),
        commands=(VALIDATE, Command("fab plan", "after the line was corrected"), CHANGED),
    ),
    Entry(
        ValidateCode.RACK,
        "a broker runs with another rack",
        "The registered broker.rack differs from hosts.ini: new replicas are spread by the old one.",
        causes=("rack= was edited in hosts.ini, and the broker was not restarted since.",),
        commands=(PLAN, INSTALL, CHANGED),
    ),
    Entry(
        ValidateCode.CONTROLLER,
        "no controller, or another one than ZooKeeper has",
        "/controller names no broker of hosts.ini, or a broker's metadata names another. For a few seconds after an "
        "election that is normal.",
        causes=("An election is in progress.", "A broker's metadata is stale: it cannot reach the controller."),
        commands=(VALIDATE, STATUS, Command("fab logs --file controller --lines 50", "the controllers' own log")),
    ),
    Entry(
        ValidateCode.CLUSTER_ID,
        "ZooKeeper has no epoch or id for the cluster",
        "/controller_epoch or /cluster/id is missing below the chroot: no broker has ever been the controller there.",
        causes=("No broker was started yet.", "kafka.chroot was edited, or ZooKeeper lost its data."),
        commands=(STATUS, Command("fab start", "start what is down, in a safe order"), PLAN),
    ),
    Entry(
        ValidateCode.METADATA,
        "a broker does not answer a metadata request",
        "Its listener refuses or times out: clients cannot bootstrap from it.",
        causes=(
            "It is down, or still recovers its logs.",
            "This machine cannot reach its address and port (firewall, advertised address).",
        ),
        commands=(STATUS, ERRORS, START, Command("fab preflight", "names and connectivity")),
    ),
    Entry(
        ValidateCode.BROKERS_IN_METADATA,
        "a broker's metadata has other brokers than hosts.ini",
        "Clients that bootstrap from this broker see other brokers, or other addresses. In KRaft a fenced broker is "
        "missing.",
        causes=(
            "A broker is down, fenced, or was started a moment ago.",
            "The metadata of this broker is stale: it cannot reach the controller.",
            "A listener differs (V12).",
        ),
        commands=(STATUS, VALIDATE, ERRORS),
    ),
    Entry(
        ValidateCode.QUORUM_LEADER,
        "the KRaft quorum has no leader",
        "No controller of hosts.ini leads: no metadata is committed, no leader is elected.",
        causes=("An election is in progress.", "Fewer than a majority of the voters run or reach each other."),
        commands=(QUORUM, STATUS, START),
    ),
    Entry(
        ValidateCode.VOTERS,
        "the voters differ from hosts.ini",
        "The quorum has other voters than [controller] of hosts.ini: a majority is counted among these voters.",
        causes=(
            "A controller was added to hosts.ini, and is an observer until fab quorum.add.",
            "A controller was removed from hosts.ini, and not from the quorum.",
        ),
        commands=(
            QUORUM,
            Command("fab quorum.add HOST", "make a controller that keeps up a voter"),
            Command("fab quorum.remove HOST", "take a voter out; its id, where the host is gone"),
        ),
    ),
    Entry(
        ValidateCode.VOTER_BEHIND,
        "a voter does not keep up",
        "It has not fetched from the leader for two seconds or more, and counts for no majority.",
        causes=("It is down, was restarted a moment ago, or its disk is slow.",),
        commands=(QUORUM, START, ERRORS),
    ),
    Entry(
        ValidateCode.VOTER_DIRECTORY,
        "a voter is on another directory than its host has",
        "The quorum has another directory.id for this voter than its metadata directory: the disk was replaced, and "
        "this controller has no vote.",
        causes=("The metadata disk was replaced or formatted again.",),
        commands=(
            QUORUM,
            Command("fab quorum.remove HOST", "take the old voter out"),
            Command("fab quorum.add HOST", "make the new one a voter"),
        ),
    ),
    Entry(
        ValidateCode.METADATA_VERSION,
        "a node has another metadata.version",
        "The finalized metadata.version is the same on all nodes as soon as they have read it: this one is behind or "
        "did not answer.",
        causes=("The node is down, or does not follow the quorum.",),
        commands=(
            QUORUM,
            STATUS,
            Command(
                "fab -H HOST run '/opt/kafka/bin/kafka-features.sh --bootstrap-server HOST:9092 describe'",
                "the features by Kafka's own tool",
            ),
        ),
    ),
    Entry(
        ValidateCode.EXPORTER,
        "the metrics exporter does not answer",
        "No metrics of Kafka came from the exporter's address: monitoring is blind on this host.",
        causes=(
            "The service was not restarted since the exporter was configured.",
            "The rules file matches nothing, or the jar is wrong.",
        ),
        commands=(PLAN, CHANGED, ERRORS),
    ),
    Entry(
        ValidateCode.CONTENTS,
        "a file of Kafka's folder has other contents",
        "A file differs from the archive by its hash, although its size and time are the same.",
        causes=("A disk has changed bits.", "The file was replaced with its time kept."),
        commands=(
            Command("fab -H HOST run 'rm FILE'", "remove the file that the check names"),
            INSTALL,
            Command("fab validate --deep", "every file by its hash, again"),
        ),
    ),
    Entry(
        ValidateCode.NOT_PRODUCED,
        "a message was not produced and consumed",
        "A message with acks=all through this broker as leader was refused, timed out or came back changed.",
        causes=(
            "The broker is down or cannot be reached from here.",
            "Partitions are under min ISR (S2).",
            "The topic __kafka_fab_smoke cannot be created.",
        ),
        commands=(STATUS, VALIDATE, ERRORS),
    ),
    Entry(
        ValidateCode.CERTIFICATE,
        "a listener does not show a valid certificate of its host",
        "kafka-fab connected as other nodes and clients do, and verified the certificate: CA, date and host name. "
        "One of them did not fit, or there was no handshake: others cannot connect either.",
        causes=(
            "The certificate has expired, or was issued for another name.",
            "The service runs with the settings of before `security:`.",
            "The service is down.",
        ),
        commands=(
            Command("fab certificates.list", "every certificate: on disk, held by a process, served"),
            Command("fab certificates.renew --host HOST", "issue a new one"),
            STATUS,
        ),
    ),
    Entry(
        ValidateCode.OPEN_TO_PLAINTEXT,
        "a listener answers without TLS",
        "What listens at the port of a listener with TLS has answered a request in plaintext. Data and "
        "passwords are sent there in clear.",
        causes=("The service runs with other settings than conf/cluster.yaml.", "Another program has the port."),
        commands=(Command("fab security.status", "what listens where"), PLAN, STATUS),
    ),
    Entry(
        ValidateCode.OPEN_WITHOUT_CERTIFICATE,
        "a listener of the nodes answers without a certificate",
        "The listener belongs to brokers, controllers or ZooKeeper, or to clients with certificates, and has answered "
        "somebody who showed none.",
        causes=("`ssl.client.auth` of the running service is not `required`.",),
        commands=(PLAN, CHANGED, STATUS),
    ),
    Entry(
        ValidateCode.PLAINTEXT_PORT,
        "a port without TLS is open",
        "With `internal: mtls` nothing listens at the ports of a plaintext cluster. One accepts connections.",
        causes=(
            "A change to TLS is not finished: the old listener is still open.",
            "Another program, or another cluster, has the port.",
        ),
        commands=(
            Command("fab security.status", "who is connected, and the pass that is due"),
            Command("fab -H HOST run 'ss -ltnp'", "which process listens at which port"),
            Command("fab security.move", "close the listener"),
        ),
    ),
)
