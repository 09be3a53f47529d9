"""C: what is wrong in the files of the cluster's folder, before any connection."""

from kafka_fab.runbook.codes import ConfigCode
from kafka_fab.runbook.entry import Command, Entry

AGAIN = Command("fab plan", "reads the files again, and shows what an install would change")
CHANGES = Command("git diff", "what was edited, where the folder is in git")

ENTRIES = (
    Entry(
        ConfigCode.HOSTS,
        "hosts.ini is wrong or doubtful",
        "The message has the line, and what to write there. All problems are shown at once; with an error nothing is "
        "connected to, with a warning the task goes on.",
        causes=(
            "A typing error in a group, host or key.",
            "An id that is missing, used twice, or not the one on the disk's owner.",
            "Groups that exclude each other: [zookeeper] and [controller], or an even ensemble.",
        ),
        commands=(CHANGES, AGAIN),
    ),
    Entry(
        ConfigCode.SETTINGS,
        "conf/cluster.yaml is wrong or doubtful",
        "A key, a value or a Kafka property is not accepted by this version. The message has the line and, where there "
        "is one, the nearest right name. With an error nothing is connected to, with a warning the task goes on.",
        causes=(
            "A typing error, or a wrong type: a text in place of a number.",
            "A property of another Kafka version, or one that kafka-fab sets itself.",
            "Values that contradict each other, such as a min.insync.replicas above the replication factor.",
        ),
        commands=(CHANGES, AGAIN),
    ),
    Entry(
        ConfigCode.TOPICS,
        "conf/topics.yaml is wrong or doubtful",
        "A topic or quota in the file is not accepted. Nothing was changed on the cluster.",
        causes=(
            "A topic config that this version does not have, or a value of the wrong type.",
            "More replicas than brokers, or a broker that hosts.ini does not have.",
        ),
        commands=(CHANGES, Command("fab topics.plan", "reads the file again, and shows what would change")),
    ),
    Entry(
        ConfigCode.TEMPLATE,
        "a template in conf/ cannot be used",
        "A template of conf/ is missing, or Jinja cannot render it: the message has the line and Jinja's own reason.",
        causes=("A variable that does not exist.", "A syntax error in the template."),
        commands=(CHANGES, AGAIN),
    ),
    Entry(
        ConfigCode.FOLDER,
        "the cluster's folder cannot be used",
        "The folder, or a file in it such as cluster.id, is missing, unreadable or not what it should be.",
        causes=(
            "The working directory is not in a cluster's folder, and KAFKA_FAB_CLUSTER is not set.",
            "A file has another owner or mode, or was edited by hand.",
        ),
        commands=(
            Command("ls -la $KAFKA_FAB_CLUSTER", "the folder in use, where the variable is set"),
            Command("fab init FOLDER", "make a new cluster folder"),
        ),
    ),
    Entry(
        ConfigCode.SECRET,
        "a secret cannot be read",
        "A password or passphrase was not found where the settings say (env:, file:, keyring: or a command). Nothing "
        "was changed. The message never has the secret.",
        causes=(
            "The environment variable is not set in this shell.",
            "The file is missing, or its group or others can read it.",
            "The command failed, timed out after 30 s, or its tool is not logged in.",
        ),
        commands=(
            Command("ls -l FILE", "the owner and the mode of a file; chmod 600 FILE mends the mode"),
            AGAIN,
        ),
    ),
    Entry(
        ConfigCode.USERS,
        "conf/users.yaml is wrong or doubtful",
        "A SCRAM user in the file is not accepted. Nothing was changed on the cluster.",
        causes=(
            "A user name that Kafka's SCRAM cannot carry: it must be ASCII, without a comma and an equals sign.",
            "A password in the file, instead of password_from or generate.",
            "Iterations outside 4096 to 16384, or a mechanism other than SCRAM-SHA-256 and SCRAM-SHA-512.",
        ),
        commands=(CHANGES, Command("fab users.plan", "reads the file again, and shows what would change")),
    ),
    Entry(
        ConfigCode.ACLS,
        "conf/acls.yaml is wrong or doubtful",
        "An ACL in the file is not accepted. Nothing was changed on the cluster.",
        causes=(
            "A principal without its type: it must be User:NAME, exactly as the broker prints it.",
            "An operation that the resource does not have, such as `create` on a group.",
            "A host name or a network in `from`: Kafka compares addresses only.",
        ),
        commands=(CHANGES, Command("fab acls.plan", "reads the file again, and shows what would change")),
    ),
)
