"""M: a live change of listeners."""

from kafka_fab.runbook.codes import MoveCode
from kafka_fab.runbook.entry import Command, Entry

STATE = Command("fab security.status", "which service listens where, who is connected, and the pass that is due")
MOVE = Command("fab security.move", "take the passes that are left; it goes on where it was interrupted")

ENTRIES = (
    Entry(
        MoveCode.STOPPED,
        "a live change needs running services",
        "The change is led by what services run with: those that are stopped would start with another configuration "
        "than the others expect. Nothing was changed.",
        causes=("A service was stopped or has failed.", "Nothing runs yet: an install is enough then."),
        commands=(Command("fab start", "start the services that are stopped"), STATE),
    ),
    Entry(
        MoveCode.NOT_POSSIBLE,
        "a listener would mean two things at once",
        "Old and new listeners are open side by side meanwhile. A name or a port cannot have two protocols.",
        causes=(
            "A listener keeps its name and changes its port or its protocol.",
            "A new listener takes the port of one that is open.",
        ),
        commands=(STATE,),
    ),
    Entry(
        MoveCode.VOTER_LISTENER,
        "the quorum does not know a controller's new listener",
        "In a dynamic quorum each voter's listeners are stored in the metadata log. A controller that connects by a "
        "listener that is not stored there ends with a fatal error, and with it the quorum. Nothing was restarted.",
        causes=(
            "Kafka 3.9 and 4.0: a follower may never report its new listener; it does when it becomes leader.",
            "Kafka 4.1 and later: it takes up to half a minute after the restart.",
        ),
        commands=(
            Command("fab quorum.show", "the leader, the voters and their listeners"),
            MOVE,
            Command("fab quorum.remove HOST", "then `fab quorum.add HOST`: stores the voter's listeners again"),
        ),
    ),
    Entry(
        MoveCode.NO_HANDSHAKE,
        "a new listener does not answer",
        "Before services connect by a listener, kafka-fab itself does so on every host. One did not answer, or its "
        "certificate was refused. Nothing was restarted.",
        causes=("A firewall closes the new port.", "The certificate is for another name, expired, or of another CA."),
        commands=(STATE, Command("fab -H HOST run 'ss -ltnp'", "which process listens at which port")),
    ),
    Entry(
        MoveCode.CLIENTS_CONNECTED,
        "clients are connected to a listener that is to be closed",
        "The last pass would disconnect them. Move them to a listener that stays, and call the task again.",
        causes=("A client still has the old address in its bootstrap.servers.",),
        commands=(STATE, Command("fab security.move --drop-clients", "close the listener although they are connected")),
    ),
    Entry(
        MoveCode.STILL_OPEN,
        "a port that is to be closed accepts connections",
        "After the last pass something still listens at a port that no setting names.",
        causes=("Another process of the host listens there.",),
        commands=(Command("fab -H HOST run 'ss -ltnp'", "which process listens at which port"), STATE),
    ),
    Entry(
        MoveCode.MOVE_NEEDED,
        "listeners change at which services or clients connect",
        "Restarted one by one with the new files, services could not connect to those that are not restarted yet. A "
        "live change takes passes: add the new listeners, switch to them, remove the old ones. A dynamic quorum has "
        "stored its voters' listeners: it cannot start with others even where all services were stopped.",
        causes=(
            "`security:` or a port was changed in conf/cluster.yaml while the cluster runs.",
            "A listener for clients keeps its name and gets another login, which not all brokers would have at once.",
        ),
        commands=(
            Command("fab security.move --plan", "the passes, and what each service runs with"),
            MOVE,
        ),
    ),
    Entry(
        MoveCode.ZNODE_ACLS,
        "the ACLs of znodes are not as they are to be",
        "Brokers set ACLs only on znodes that they create from then on. For those that were there before, "
        "kafka-fab runs Kafka's zookeeper-security-migration on a broker's host, with that host's certificate.",
        causes=(
            "ZooKeeper did not answer, or the tool ended with an error: see its words.",
            "Znodes belong to another identity, such as a certificate of before a change of `name`.",
        ),
        commands=(MOVE, STATE),
    ),
    Entry(
        MoveCode.NO_ACLS,
        "ACLs would be enforced before there are any",
        "The last pass would turn the authorizer on with `authorize: true`. Brokers without an authorizer cannot store "
        "ACLs, so there are none, and all users but the super users would be denied at once. With `authorize: audit` "
        "the authorizer stores ACLs and denies nobody. Nothing was restarted.",
        causes=("`authorize: true` was written before the cluster had an authorizer.",),
        commands=(
            Command("fab security.move --plan", "after `authorize: audit` was written: the passes"),
            Command("fab acls.apply", "after that move: stores the ACLs of conf/acls.yaml; then `authorize: true`"),
            Command("fab security.move --deny-users", "deny all users but the super users until there are ACLs"),
        ),
    ),
)
