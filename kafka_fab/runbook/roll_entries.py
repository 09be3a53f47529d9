"""R: the safety check of rolling restarts, stop and uninstall, and what ends a roll."""

from kafka_fab.runbook.codes import RollCode
from kafka_fab.runbook.common_commands import ERRORS, PLACEMENT, QUORUM, START
from kafka_fab.runbook.entry import Command, Entry

STATUS = Command("fab status", "services, and partitions that are offline, under min ISR or under-replicated")
PLAN = Command("fab rolling-restart --plan", "the safety check of every step, now; restarts nothing")
RESUME = Command("fab rolling-restart --resume", "continue the roll: no service is restarted twice")
VALIDATE = Command("fab validate", "every server's mode, the leader, followers in sync")
FOLLOW = Command("fab -H HOST logs --follow", "what the service does now, such as log recovery")

ENTRIES = (
    Entry(
        RollCode.OFFLINE,
        "offline partition",
        "The partition has no leader: clients cannot produce to it or consume from it. A broker that stops now can "
        "take the last in-sync replica with it, so nothing is stopped and no switch overrides this.",
        causes=(
            "All brokers of its ISR are down: the last in-sync replica died with its broker.",
            "The log directory of the last in-sync replica has failed (R9).",
            "No controller elects a leader (R12, R13).",
            "The topic is being deleted: that passes by itself.",
        ),
        commands=(
            STATUS,
            PLACEMENT,
            Command("fab -H HOST start", "start the broker that the message names: it has the last in-sync replica"),
            ERRORS,
        ),
    ),
    Entry(
        RollCode.UNCLEAN_ELECTION,
        "unclean leader election would lose messages",
        "Without these brokers no in-sync replica of the partition is left, and unclean.leader.election.enable is "
        "true: an out-of-sync replica would become leader, and acknowledged messages would be lost. A roll never "
        "overrides it.",
        causes=(
            "Followers are behind, and the only in-sync replica is on the broker that should stop.",
            "The set of brokers has all replicas of the partition: --batch is too large, or too many hosts are named.",
            "Before Kafka 0.11 unclean election is the default; 0.8.0 cannot switch it off.",
        ),
        commands=(
            PLACEMENT,
            Command("fab topics.describe TOPIC", "the topic's configuration and where it comes from"),
            Command(
                "fab -H HOST run '/opt/kafka/bin/kafka-configs.sh --bootstrap-server HOST:9092 --alter --entity-type "
                "topics --entity-name TOPIC --add-config unclean.leader.election.enable=false'",
                "switch it off for the topic (or in conf/topics.yaml)",
            ),
            Command("fab -H HOST stop --force --accept-loss TOPIC", "stop anyway: messages of that topic can be lost"),
        ),
    ),
    Entry(
        RollCode.PARTITION_MOVES,
        "the partition is being reassigned",
        "Replicas are being added or removed. One that is being added is not in the ISR yet, and one that is being "
        "removed cannot be counted on, so no broker with a replica of this partition is stopped before its end.",
        causes=(
            "fab topics.apply, kafka-reassign-partitions.sh or Cruise Control is moving it.",
            "A reassignment does not end: its throttle is below the rate of produced data, or a target is down.",
        ),
        commands=(
            Command("fab topics.plan", "what is left to move"),
            Command(
                "fab -H HOST run '/opt/kafka/bin/kafka-reassign-partitions.sh --bootstrap-server HOST:9092 --list'",
                "the reassignments that are in progress",
            ),
            Command("fab history", "who began the move, and whether that operation still runs"),
        ),
    ),
    Entry(
        RollCode.NO_SPARE_REPLICA,
        "too few replicas to stay writable",
        "One replica less is below min.insync.replicas, or is the only one. In no order can the broker restart without "
        "an interruption: producers with acks=all (and with one replica, consumers too) wait until it is back.",
        causes=(
            "The topic has replication factor 1.",
            "min.insync.replicas equals the replication factor.",
        ),
        commands=(
            Command("fab topics.describe TOPIC", "replication factor, and the effective min.insync.replicas"),
            Command("fab topics.apply", "after replication or min.insync.replicas was changed in conf/topics.yaml"),
            Command("fab rolling-restart --accept-downtime TOPIC", "accept the interruption, for this topic by name"),
        ),
    ),
    Entry(
        RollCode.UNDER_MIN_ISR,
        "partition under min ISR",
        "Fewer replicas are in sync than min.insync.replicas: producers with acks=all get NotEnoughReplicas now. "
        "Another stopped broker makes it worse, so the roll waits until the replicas have caught up.",
        causes=(
            "A broker with a replica is down, or was restarted a moment ago and is still catching up.",
            "A follower cannot keep up: a slow disk or network, or a long garbage collection.",
            "A log directory with a replica has failed (R9).",
            "min.insync.replicas is above the replication factor: before 3.7 writes with acks=all always fail.",
        ),
        commands=(
            STATUS,
            PLACEMENT,
            Command(
                "fab -H HOST run '/opt/kafka/bin/kafka-topics.sh --bootstrap-server HOST:9092 --describe "
                "--under-min-isr-partitions'",
                "all partitions under min ISR, by Kafka's own tool",
            ),
            START,
        ),
    ),
    Entry(
        RollCode.TOO_FEW_LEFT,
        "too few in-sync replicas would be left",
        "Without these brokers the partition would be under min ISR, or (with three replicas or more) would have a "
        "single in-sync replica: the next failure would lose it. The roll waits until others are in sync.",
        causes=(
            "A follower has not caught up yet: usual in the minutes after a restart.",
            "Another broker is down.",
            "The set of brokers has several replicas of the partition: use a smaller --batch.",
        ),
        commands=(
            STATUS,
            PLACEMENT,
            PLAN,
        ),
    ),
    Entry(
        RollCode.NOT_IN_SYNC_AGAIN,
        "a replica has not returned to the ISR",
        "When the roll began this replica was in sync; after its broker's restart it is not yet. No further broker is "
        "restarted before it is in the ISR again.",
        causes=(
            "It is catching up: wait, the lag shrinks.",
            "Its broker was fenced or froze after the restart, or its log directory has failed.",
            "A replication throttle of an earlier reassignment slows it down.",
        ),
        commands=(
            PLACEMENT,
            FOLLOW,
            Command("fab topics.plan", "names throttles that a move has left"),
        ),
    ),
    Entry(
        RollCode.BROKER_DOWN,
        "another broker is down",
        "A broker that hosts.ini names is not registered. With a second one stopped, partitions with replicas on both "
        "can lose their last in-sync replica, so nothing else is stopped.",
        causes=(
            "It crashed, its host is down, or somebody stopped it.",
            "It still starts: recovery of its logs after an unclean shutdown can take long. Do not restart it.",
            "Its ZooKeeper session expired, or it is fenced in KRaft.",
            "It was removed, and its line is still in hosts.ini.",
        ),
        commands=(
            STATUS,
            ERRORS,
            FOLLOW,
            START,
        ),
    ),
    Entry(
        RollCode.LOG_DIR_OFFLINE,
        "offline log directory",
        "A broker reports that one of its log directories has failed. Its replicas there are offline and cannot take "
        "over, so no other broker is stopped before it is repaired.",
        causes=(
            "The disk failed, or its file system was remounted read-only after an I/O error.",
            "The file system is full, or files in it belong to another user.",
        ),
        commands=(
            Command("fab -H HOST run 'dmesg | tail -n 50'", "I/O errors of the kernel"),
            Command("fab -H HOST preflight", "disk, owner, access and mount of each log directory"),
            Command(
                "fab -H HOST run '/opt/kafka/bin/kafka-log-dirs.sh --bootstrap-server HOST:9092 --describe "
                "--broker-list ID'",
                "the error of each log directory, as the broker reports it",
            ),
            Command("fab -H HOST rolling-restart", "after the repair: the broker opens the directory again"),
        ),
    ),
    Entry(
        RollCode.REASSIGNMENT,
        "partitions are being reassigned",
        "A reassignment is in progress somewhere in the cluster. A restart slows it down, and replicas that were being "
        "copied start over. Brokers without such a partition may go on with --allow-reassign.",
        causes=(
            "fab topics.apply, kafka-reassign-partitions.sh or Cruise Control is moving partitions.",
            "A move was interrupted and left its reassignment behind.",
        ),
        commands=(
            Command(
                "fab -H HOST run '/opt/kafka/bin/kafka-reassign-partitions.sh --bootstrap-server HOST:9092 --list'",
                "the reassignments that are in progress",
            ),
            Command("fab topics.plan", "what fab topics.apply has left to move"),
            Command("fab rolling-restart --allow-reassign", "roll anyway, past brokers that have no moving partition"),
        ),
    ),
    Entry(
        RollCode.NOT_THE_CONTROLLER_ALONE,
        "the active controller must stop alone and last",
        "The active controller elects the new leaders of the partitions that the others give up. Stopped together with "
        "them it would do so only after an election of its own.",
        causes=("The chosen hosts, or a batch, contain the active controller and others.",),
        commands=(
            PLAN,
            Command("fab -H HOST rolling-restart", "the other hosts first, the active controller last"),
        ),
    ),
    Entry(
        RollCode.NO_CONTROLLER,
        "no active controller",
        "No broker holds /controller in ZooKeeper: nobody elects leaders, and a stopped broker's partitions would stay "
        "offline. It is normal for a few seconds after the controller was lost.",
        causes=(
            "An election is in progress.",
            "The brokers cannot reach ZooKeeper, or their sessions expired.",
            "A migration to KRaft was rolled back and /controller still names a KRaft controller: nobody replaces it.",
        ),
        commands=(VALIDATE, STATUS, Command("fab logs --file controller --lines 50", "the controllers' own log")),
    ),
    Entry(
        RollCode.NO_QUORUM_LEADER,
        "the KRaft quorum has no leader",
        "The voters have no leader: no metadata is committed, no broker can register, no partition leader is elected. "
        "Nothing is stopped before there is one.",
        causes=(
            "An election is in progress: it takes a few seconds.",
            "Fewer than a majority of the voters run.",
            "The voters cannot reach each other's controller listener.",
        ),
        commands=(QUORUM, STATUS, START, Command("fab preflight", "connectivity between the controllers")),
    ),
    Entry(
        RollCode.NO_VOTER_MAJORITY,
        "no majority of voters keeps up",
        "A leader exists, but fewer than a majority of the voters follow it: nothing is committed, and a broker that "
        "stops could not register again.",
        causes=(
            "Controllers are down, or their disks are slow or full.",
            "A controller's metadata directory was replaced: it is no voter any more (S10).",
        ),
        commands=(QUORUM, STATUS, START, ERRORS),
    ),
    Entry(
        RollCode.WOULD_LOSE_QUORUM,
        "the quorum would lose its majority",
        "Without this voter fewer than a majority keep up with the leader, and no leader could be elected. With three "
        "or more voters wait for the one that is behind; with one or two an outage cannot be avoided, only accepted.",
        causes=(
            "Another voter is down or behind.",
            "The quorum has only one or two voters.",
        ),
        commands=(QUORUM, START, Command("fab quorum.add HOST", "add a voter: three tolerate the loss of one")),
    ),
    Entry(
        RollCode.VOTERS_TOGETHER,
        "only one voter at a time",
        "Two or more KRaft voters were about to stop together. Each must keep up with the leader again before the next "
        "one stops.",
        causes=("Several controllers, or combined nodes, were named with -H.",),
        commands=(
            Command("fab -H HOST stop", "one controller"),
            QUORUM,
            Command("fab restart", "or all of the cluster at once, with an outage"),
        ),
    ),
    Entry(
        RollCode.VOTER_NOT_BACK,
        "a voter does not keep up any more",
        "When the roll began this voter kept up with the leader, and it does not now. With one more voter stopped the "
        "quorum could lose its majority.",
        causes=(
            "It was restarted a moment ago and still reads the metadata log.",
            "Its process ended, or its disk is slow or full.",
        ),
        commands=(QUORUM, ERRORS, START),
    ),
    Entry(
        RollCode.NO_ENSEMBLE_LEADER,
        "the ZooKeeper ensemble has no leader",
        "No server leads: ZooKeeper answers no client, and brokers lose their sessions after "
        "zookeeper.session.timeout.ms. Nothing is stopped before there is a leader.",
        causes=(
            "An election is in progress: it takes a few seconds.",
            "Fewer than a majority of the servers run, or they cannot reach each other on the peer and election ports.",
        ),
        commands=(VALIDATE, STATUS, START, Command("fab preflight", "connectivity between the servers")),
    ),
    Entry(
        RollCode.SERVER_DOWN,
        "a ZooKeeper server does not serve",
        "A server of the ensemble is down, or has no quorum. With another one lost the ensemble could lose its "
        "majority.",
        causes=(
            "Its process ended or its host is down.",
            "It runs, and cannot join: its myid or its server lines differ from the others'.",
            "It refuses srvr or mntr: they are not in 4lw.commands.whitelist.",
        ),
        commands=(VALIDATE, START, ERRORS),
    ),
    Entry(
        RollCode.SMALL_ENSEMBLE,
        "an ensemble of one or two servers",
        "Such an ensemble does not serve while one of its servers is down. Brokers keep running without ZooKeeper for "
        "as long as their sessions last; no leader is elected meanwhile.",
        causes=("hosts.ini has only one or two hosts in [zookeeper].",),
        commands=(
            PLAN,
            Command("fab -H HOST install start", "after a third server was added to [zookeeper]"),
        ),
    ),
    Entry(
        RollCode.FOLLOWERS_BEHIND,
        "ZooKeeper followers are out of sync",
        "The leader's mntr reports fewer synced followers than there are, or pending syncs, or it cannot be asked. "
        "A server that is behind counts for no majority.",
        causes=(
            "A server has just started and receives a snapshot from the leader.",
            "mntr is not in 4lw.commands.whitelist.",
            "The transaction log's disk is slow.",
        ),
        commands=(
            VALIDATE,
            Command(
                """fab -H HOST run 'bash -c "exec 3<>/dev/tcp/localhost/2181; echo mntr >&3; cat <&3"'""",
                "zk_synced_followers and zk_pending_syncs, on the leader's host",
            ),
            ERRORS,
        ),
    ),
    Entry(
        RollCode.SERVERS_TOGETHER,
        "only one ZooKeeper server at a time, and not with Kafka",
        "Several ZooKeeper servers, or a server and a broker, were about to stop in one step. A server must serve "
        "again before the next one stops; ZooKeeper goes before the brokers.",
        causes=("Several hosts of [zookeeper] were named with -H.",),
        commands=(
            Command("fab rolling-restart --zookeeper", "ZooKeeper first, one by one, then the brokers"),
            Command("fab restart", "or all of the cluster at once, with an outage"),
        ),
    ),
    Entry(
        RollCode.METADATA_UNREADABLE,
        "neither quorum nor ensemble can be read",
        "Whether a majority would be left cannot be decided, and what is unknown is not safe.",
        causes=(
            "The controllers or ZooKeeper servers are down, or this machine cannot reach their ports.",
            "They run on another port than hosts.ini and conf/cluster.yaml say, and their hosts did not answer.",
        ),
        commands=(STATUS, VALIDATE, START),
    ),
    Entry(
        RollCode.UNKNOWN,
        "the state of the cluster is not known",
        "A request to a broker, a controller or ZooKeeper failed or timed out. The safety check never passes on a "
        "state that it could not read.",
        causes=(
            "A broker is registered and does not answer: it hangs, or its session has not expired yet.",
            "An election of the controller is in progress.",
            "This machine cannot reach the listener (firewall, advertised address).",
        ),
        commands=(STATUS, VALIDATE, ERRORS),
    ),
    Entry(
        RollCode.LOG_DIR_REMOVED,
        "a log directory with data was removed from the configuration",
        "The broker runs with a log directory that its file no longer names. After a restart its replicas there would "
        "be missing, and would be copied from the other brokers, or lost where they are the last ones.",
        causes=(
            "kafka.log_dirs was edited before the partitions were moved away.",
            "A mount point was renamed.",
        ),
        commands=(
            Command("fab plan", "the difference between conf/ and the host"),
            Command("fab install", "after the directory was added to kafka.log_dirs again"),
            Command("fab rolling-restart --abandon-dir FOLDER", "restart without it: its data is abandoned"),
        ),
    ),
    Entry(
        RollCode.IDENTITY_CHANGED,
        "the service would start with another identity",
        "The id, the chroot in ZooKeeper, or where the metadata is kept differs between the running process and its "
        "file. After a restart it would be another broker, or a broker of another cluster.",
        causes=("An id in hosts.ini, kafka.chroot, or the groups of hosts.ini were edited on a live cluster.",),
        commands=(
            Command("fab plan", "the difference between conf/ and the host"),
            Command("fab install", "after the old value was written again"),
        ),
    ),
    Entry(
        RollCode.QUORUM_PORT_CHANGED,
        "a port or listener between services has changed",
        "A port or listener by which ZooKeeper servers, controllers or brokers reach each other differs between the "
        "running process and its file. Restarted one by one, the old and the new ones would not find each other.",
        causes=(
            "zookeeper.port, peer_port, election_port or controller.port was edited on a live cluster.",
            "security.internal, or the listener between brokers, was changed on a live cluster.",
        ),
        commands=(
            Command("fab restart", "all of the cluster at once, with an outage: all start with the new one"),
            Command("fab install", "or after the old one was written again"),
        ),
    ),
    Entry(
        RollCode.CONSUMER_LAG,
        "a consumer group is too far behind",
        "--max-lag was given, and the group has more messages to read than that. The roll waits until it has caught "
        "up, or until its lag has not grown for a minute.",
        causes=(
            "The consumers are slow or stopped.",
            "They fetch again what moved to another leader: usual just after a restart.",
        ),
        commands=(
            Command(
                "fab -H HOST run '/opt/kafka/bin/kafka-consumer-groups.sh --bootstrap-server HOST:9092 --describe "
                "--group GROUP'",
                "the lag of each partition, and who consumes it",
            ),
            Command("fab rolling-restart --resume --max-lag GROUP=MESSAGES", "continue with another limit"),
        ),
    ),
    Entry(
        RollCode.SERVICE_STOPPED,
        "a service that is needed is stopped",
        "A broker, controller or ZooKeeper server that is not among those to be restarted is stopped or failed on its "
        "host. The roll does not start it: somebody may have stopped it for a reason.",
        causes=("It was stopped by hand, it failed to start, or its host was rebooted with the unit disabled.",),
        commands=(STATUS, ERRORS, START),
    ),
    Entry(
        RollCode.NOT_REGISTERED_YET,
        "the process runs, but is not in the cluster yet",
        "Its process is alive and has not registered. It probably recovers its logs, which must not be interrupted, so "
        "it is not restarted.",
        causes=(
            "Log recovery after an unclean shutdown: minutes to hours on large disks.",
            "It waits for ZooKeeper, or for the controllers' quorum.",
            "It is fenced, or its old ZooKeeper session has not expired (KAFKA-7165).",
            "Its host cannot be reached over SSH, so its state is unknown.",
        ),
        commands=(
            FOLLOW,
            Command("fab -H HOST logs --grep 'Recovering|recovered' --lines 20", "the progress of log recovery"),
            STATUS,
        ),
    ),
    Entry(
        RollCode.CHECK_FAILED,
        "the safety check did not pass",
        "Within --wait seconds the safety check never passed for the next service, or a reason does not pass by "
        "itself. That service was not stopped. Each reason below the message has its own code. Exit code 3.",
        causes=("See the code of each reason.",),
        commands=(PLAN, STATUS, RESUME),
    ),
    Entry(
        RollCode.MAJORITY_STOPPED,
        "a majority of the quorum is stopped",
        "So many controllers or ZooKeeper servers are stopped that the others have no quorum, and the roll does not "
        "include them: it would wait forever. Exit code 3.",
        causes=("They were stopped by hand, or have failed; the roll was limited with -H to other hosts.",),
        commands=(STATUS, Command("fab -H HOST,HOST start", "start them, together"), RESUME),
    ),
    Entry(
        RollCode.STEP_NOT_TAKEN,
        "the host did not take the step",
        "The unit that stops and starts the service could not be started on its host. The service was not touched.",
        causes=(
            "The SSH connection was lost, or the lock of the host is another run's.",
            "Less than 32 MiB or no inodes are free: the service would end as it starts.",
            "systemd-run failed on the host.",
        ),
        commands=(
            Command("fab -H HOST preflight", "disk, systemd and the rest"),
            Command("fab history", "which operation holds the lock"),
            RESUME,
        ),
    ),
    Entry(
        RollCode.NOT_BACK,
        "the service is not back after its restart",
        "It was stopped and started, and then ended, hung or did not get in sync. No other service was touched. The "
        "last lines of its log are printed. Exit code 4.",
        causes=(
            "Its new configuration is refused: ConfigException or the like in its log.",
            "Its disk, a file's owner, Java or memory: see the last lines of its log.",
            "It made no progress for two minutes, or came no nearer to being in sync for five.",
            "Its host is down or cannot be reached.",
        ),
        commands=(
            ERRORS,
            Command("fab -H HOST preflight", "what would keep it from starting"),
            Command("fab -H HOST plan", "what differs on the host"),
            START,
            RESUME,
        ),
    ),
    Entry(
        RollCode.NOT_RECOVERED,
        "all are restarted, but the cluster has not recovered",
        "Every service of the roll was restarted, and within --wait seconds the cluster did not get back to where it "
        "was at the beginning. Exit code 4.",
        causes=(
            "Replicas still copy: see R7.",
            "A broker or voter that is not part of the roll failed meanwhile.",
        ),
        commands=(STATUS, PLACEMENT, RESUME),
    ),
    Entry(
        RollCode.INTERRUPTED,
        "the roll was interrupted",
        "Ctrl-C, a signal or a closed terminal ended the roll after a complete step. Nothing is under way; what is "
        "left was not touched. Exit code 130.",
        causes=("Somebody interrupted it.",),
        commands=(RESUME, Command("fab rolling-restart --abandon", "abandon the roll")),
    ),
    Entry(
        RollCode.CANARY_LOSS,
        "the canary has lost or reordered messages",
        "Messages that the cluster acknowledged with acks=all were missing, came in another order or came twice when "
        "they were read back. The canary's topic is kept as evidence. Exit code 5.",
        causes=(
            "An unclean leader election: check unclean.leader.election.enable.",
            "A disk lost what it had reported as written, or a broker was killed with its host.",
            "Before 0.11 producers are not idempotent: duplicates are possible, losses are not.",
        ),
        commands=(
            Command("fab bundle", "configuration, logs and state in one archive, before they rotate away"),
            Command("fab logs --file state-change --lines 200", "which leaders were elected when"),
            Command("fab topics.describe __kafka_fab_canary", "its leaders and ISR now"),
        ),
    ),
    Entry(
        RollCode.CANARY_UNPROVEN,
        "the canary did not check anything",
        "The canary could not be started, or could not read back: the roll says nothing about lost messages.",
        causes=(
            "Its topic cannot be created: too few brokers, or the authorizer denies it.",
            "This machine cannot reach a broker's advertised listener.",
            "A resumed roll runs on another machine than the one that has the canary's notes.",
        ),
        commands=(
            Command("fab smoke", "one message through every broker, from this machine"),
            Command("fab rolling-restart --no-canary", "roll without it"),
        ),
    ),
    Entry(
        RollCode.NOTHING_TO_RESUME,
        "no roll to resume",
        "--resume or --abandon was given, and no host has a rolling restart that was interrupted.",
        causes=(
            "The last roll came to its end, or was abandoned already.",
            "Another task was interrupted: the message names it.",
        ),
        commands=(Command("fab history", "the last operations and how they ended"), PLAN),
    ),
    Entry(
        RollCode.WRONG_SWITCH,
        "a switch has a value that cannot be used",
        "A value of rolling-restart's switches is out of range, or names a topic or file that does not exist. Nothing "
        "was done. Exit code 2.",
        causes=("A typing error; --accept-downtime takes topics by name only, without a wildcard.",),
        commands=(
            Command("fab --help rolling-restart", "all switches and what they take"),
            Command("fab topics.list", "the topics by name"),
        ),
    ),
    Entry(
        RollCode.STOP_REFUSED,
        "not safe to stop",
        "The safety check of stop and uninstall refuses these hosts: the rest of the cluster needs them. Nothing was "
        "stopped. Each reason below the message has its own code. Exit code 3.",
        causes=("See the code of each reason.",),
        commands=(
            Command("fab -H HOST rolling-restart", "restart it without an interruption instead"),
            Command("fab -H HOST stop --force", "stop anyway; partitions can go offline, messages are not lost"),
        ),
    ),
    Entry(
        RollCode.NO_QUORUM_TO_STOP,
        "brokers cannot stop cleanly without a quorum",
        "ZooKeeper or the controllers have no quorum. A broker asks for a controlled shutdown there and waits: up to "
        "kafka.stop_timeout with ZooKeeper, five minutes with KRaft. Its next start then recovers its logs.",
        causes=("ZooKeeper servers or controllers were stopped first, or have failed.",),
        commands=(
            Command("fab start", "bring the quorum back, then stop"),
            Command("fab stop --force", "stop anyway, slowly"),
        ),
    ),
    Entry(
        RollCode.BROKERS_WITHOUT_QUORUM,
        "brokers would be left without a quorum",
        "With these hosts stopped ZooKeeper or the controllers lose their majority while other brokers run on: those "
        "elect no leaders and cannot stop cleanly later.",
        causes=("Hosts with ZooKeeper or controllers were named with -H, and not the brokers that need them.",),
        commands=(
            Command("fab stop", "the whole cluster, in a safe order"),
            Command("fab -H HOST rolling-restart", "or restart them one by one; --zookeeper: ZooKeeper servers, too"),
        ),
    ),
    Entry(
        RollCode.NO_QUORUM_TO_START,
        "no quorum to start with",
        "The ZooKeeper servers or controllers that run, with those that are to be started, are no majority. None of "
        "them would serve, and no broker could register.",
        causes=(
            "start was limited with -H to too few of them.",
            "The others failed to start.",
        ),
        commands=(
            Command("fab start", "all of them at once"),
            STATUS,
            ERRORS,
        ),
    ),
    Entry(
        RollCode.DID_NOT_START,
        "the service did not start",
        "systemd started the unit, and the service ended or did not serve in time (120 s for a broker, 60 s for a "
        "ZooKeeper server or controller). The last lines of its log are printed.",
        causes=(
            "A configuration that Kafka refuses, or a wrong owner, disk or Java: see the last lines of its log.",
            "Log recovery after an unclean shutdown takes longer: the process runs on, start again later.",
            "A broker serves but this machine cannot reach its listener.",
        ),
        commands=(
            ERRORS,
            FOLLOW,
            Command("fab -H HOST preflight", "what would keep it from starting"),
            Command("fab validate", "who is registered, and under which address"),
        ),
    ),
    Entry(
        RollCode.SAME_SESSION_IDS,
        "ZooKeeper servers give out the same session ids",
        "ZOOKEEPER-1622: servers of this old version that start in certain milliseconds count sessions alike. A "
        "session of one broker can end that of another.",
        causes=("A ZooKeeper older than 3.4.6, as in Kafka 0.8.0, and bad luck.",),
        commands=(Command("fab stop start", "start all servers again, with other numbers"),),
    ),
    Entry(
        RollCode.LEADER_CHANGED,
        "the quorum has just elected another leader",
        "After a voter's restart the leader must stay the same for a while before the next service is restarted: "
        "elections that follow each other are a sign of a quorum that is not stable.",
        causes=(
            "The restarted controller was the leader: one election is normal, and the roll goes on after ten seconds.",
            "The leader does not reach a majority in time: a slow disk or network, or a long garbage collection.",
        ),
        commands=(QUORUM, ERRORS),
    ),
    Entry(
        RollCode.OLD_REGISTRATION,
        "the broker found its old registration in ZooKeeper",
        "The broker started before its old session had expired, and exited (KAFKA-7165). systemd starts it again; the "
        "roll waits for that and goes on.",
        causes=("It was killed, or its controlled shutdown did not reach ZooKeeper.",),
        commands=(FOLLOW, STATUS),
    ),
    Entry(
        RollCode.SESSION_EXPIRED,
        "a broker's ZooKeeper session expired",
        "While a ZooKeeper server was restarted this broker found no other server in time. It has registered again; "
        "its partitions had other leaders meanwhile.",
        causes=(
            "zookeeper.session.timeout.ms is short, or the broker paused: disk, swap, garbage collection.",
            "The broker reaches only some of the ZooKeeper servers.",
        ),
        commands=(ERRORS, Command("fab preflight", "connectivity between brokers and ZooKeeper"), STATUS),
    ),
    Entry(
        RollCode.NOT_RECORDED,
        "the end of a step is not recorded on its host",
        "The service is in sync again, and its host could not write that down: a resumed roll restarts it once more.",
        causes=("The SSH connection was lost.", "/var/lib/kafka-fab is full or read-only."),
        commands=(Command("fab -H HOST run 'df -h /var/lib/kafka-fab'", "room on the disk"), STATUS),
    ),
    Entry(
        RollCode.OVERRIDES_LEFT,
        "dynamic overrides are left on a broker",
        "The broker has started with its file, and overrides of an earlier fab reconfigure are still set: they hide "
        "the next change of these keys in the file.",
        causes=("The broker refused to remove them, or did not answer.",),
        commands=(
            Command("fab reconfigure --plan", "what is pending on each broker"),
            Command("fab reconfigure", "remove them"),
        ),
    ),
    Entry(
        RollCode.NOT_ELECTED,
        "preferred leaders were not elected",
        "Partitions of the restarted brokers keep another leader. Nothing is lost; the load is uneven.",
        causes=("The preferred replica is not in the ISR yet.", "The controller did not answer, or refused."),
        commands=(
            Command("fab elect-leaders --plan", "which partitions, and why"),
            Command("fab elect-leaders", "elect them now"),
        ),
    ),
    Entry(
        RollCode.EMPTY_METADATA,
        "a broker is registered but serves no topics",
        "The broker's metadata is empty while that of the cluster is not. Such a broker calls nothing under-replicated "
        "or offline, because it has nothing: its answers look healthy, and its clients find no topic.",
        causes=(
            "It has just started: the controller sends the metadata within a second.",
            "It runs a version older than the finalized level: see `Can't read version` errors in its log.",
            "The controller cannot connect to the broker's inter-broker listener.",
        ),
        commands=(
            ERRORS,
            VALIDATE,
            Command("fab logs --file controller --lines 50", "whether the controller reaches that broker"),
            Command("fab -H HOST rolling-restart", "restart that broker alone, once it has the right version"),
        ),
    ),
    Entry(
        RollCode.OTHER_METADATA,
        "a broker's metadata has other partitions",
        "The brokers do not agree on the topics and partitions of the cluster. One that has not been sent the last "
        "changes reports an old state, also of what is in sync, so nothing is stopped on its word.",
        causes=(
            "A topic was created or deleted a moment ago: that passes within a second.",
            "The controller cannot connect to that broker, or its requests fail there.",
            "In KRaft mode the broker does not fetch the metadata log any more.",
        ),
        commands=(
            Command("fab topics.list", "the topics of the cluster"),
            ERRORS,
            VALIDATE,
            Command("fab -H HOST rolling-restart", "restart that broker alone"),
        ),
    ),
    Entry(
        RollCode.STALE_METADATA,
        "a broker's metadata is stale",
        "A broker has an older leader epoch than the cluster, names another controller, or is behind the metadata log: "
        "it does not follow the controller. What it calls in sync was in sync once.",
        causes=(
            "Leaders have just been elected: brokers follow within a second.",
            "The controller cannot connect to that broker.",
            "The old controller was lost, and the new one has not reached the broker yet.",
        ),
        commands=(
            VALIDATE,
            QUORUM,
            ERRORS,
            Command("fab preflight", "connectivity between brokers and controllers"),
            Command("fab -H HOST rolling-restart", "restart that broker alone"),
        ),
    ),
    Entry(
        RollCode.OLD_CONTROLLER_EPOCH,
        "the controller's epoch is older than that of partitions",
        "ZooKeeper's /controller_epoch is below the controller_epoch in the state of partitions. Each leader election "
        "of such a controller is aborted (`already written by another controller`), controlled shutdowns fail, and no "
        "broker's answer shows it (KAFKA-20488).",
        causes=(
            "A migration to KRaft was rolled back: the KRaft controllers counted their own epochs.",
            "/controller_epoch was deleted or set by hand.",
        ),
        commands=(
            Command(
                "fab -H HOST run '/opt/kafka/bin/zookeeper-shell.sh localhost:2181 get /controller_epoch'",
                "the epoch that the next controller begins with",
            ),
            Command(
                "fab -H HOST run '/opt/kafka/bin/zookeeper-shell.sh localhost:2181 set /controller_epoch EPOCH'",
                "raise it above all of them, as the message says",
            ),
            Command(
                "fab -H HOST run '/opt/kafka/bin/zookeeper-shell.sh localhost:2181 delete /controller'",
                "then let a controller be elected with the new epoch",
            ),
        ),
    ),
    Entry(
        RollCode.QUORUM_STALLED,
        "the quorum commits nothing",
        "The quorum has a leader, and its high watermark does not advance, although the active controller writes a "
        "record each 500 ms (metadata.max.idle.interval.ms). No metadata reaches the brokers: their answers are old.",
        causes=(
            "The active controller hangs: a full or slow disk, or an error in its log.",
            "The voters do not write what they fetch: see the disks of the others.",
        ),
        commands=(
            QUORUM,
            ERRORS,
            Command("fab -H HOST run 'df -h'", "room on the disk of the active controller"),
            Command("fab -H HOST rolling-restart", "restart the active controller alone"),
        ),
    ),
    Entry(
        RollCode.UNCONTROLLED_STOP,
        "the controlled shutdown failed",
        "The broker asked the controller to move its leaders before it stopped, was not answered or was refused, and "
        "stopped anyway. Its logs were closed cleanly; its partitions had no leader until the cluster noticed. The "
        "roll waits longer before the next step.",
        causes=(
            "The controller could not elect other leaders: it was lost at that moment, or its epoch is too old (R56).",
            "The broker could not connect to the controller.",
            "controlled.shutdown.max.retries or its time was too short for the number of partitions.",
        ),
        commands=(
            Command(
                "fab -H HOST logs --grep 'ontrolled shutdown' --lines 50", "what the broker tried, and what it was told"
            ),
            Command("fab logs --file controller --lines 50", "the controllers' own log"),
            PLAN,
        ),
    ),
    Entry(
        RollCode.STILL_IN_USE,
        "the broker is still in use, so it is not unregistered",
        "Kafka unregisters a broker that runs, too. Its heartbeats are then rejected for ever (STALE_BROKER_EPOCH), "
        "and it does not stop cleanly any more. One with replicas would leave its partitions under-replicated. Nothing "
        "was changed.",
        causes=(
            "The broker runs, or was restarted since.",
            "Its host does not answer, so that nobody knows whether it runs.",
            "Partitions are still placed on it.",
        ),
        commands=(
            STATUS,
            Command("fab placement", "the replicas that each broker still has"),
            Command("fab -H HOST stop", "stop the broker, if that is safe"),
        ),
    ),
    Entry(
        RollCode.HOOK_FAILED,
        "a hook failed",
        "A command of `hooks:` in conf/cluster.yaml ended with another exit status than 0, or was killed at its time "
        "limit. One that runs before a stop ends the operation before that stop, and what other hooks had prepared for "
        "a service that was not stopped is taken back by their `after`. One that runs after a start ends the operation "
        "before the next stop. A resumed roll runs the hook again.",
        causes=(
            "The command itself: the message has the end of what it printed.",
            "The command takes longer than `timeout` allows.",
            "With `where: host`, the program is missing on the host; with `where: local`, on this machine.",
        ),
        commands=(
            Command("fab -H HOST run 'COMMAND'", "a command of `where: host`, by hand, without its environment"),
            RESUME,
        ),
    ),
)
