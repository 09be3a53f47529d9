"""A: the tool's own connections to brokers, controllers and ZooKeeper: TLS, logins, rights."""

from kafka_fab.runbook.codes import AccessCode
from kafka_fab.runbook.common_commands import ERRORS, PLAN
from kafka_fab.runbook.entry import Command, Entry

STATUS = Command("fab status", "ask again, and all that is wrong")
CLOCKS = Command("fab preflight", "the clocks of all hosts, and names and connectivity")
ADDRESS = Command("fab -H HOST run 'hostname -f; hostname -I'", "the names and addresses of the host")
SERVED = Command(
    "fab -H HOST run 'openssl s_client -connect HOST:9091 </dev/null | openssl x509 -noout -text'",
    "the certificate that is served: its names, issuer and end",
)
LISTENING = Command("fab -H HOST run 'ss -ltnp'", "which process listens on which port")
OWN = Command("ls -l pki/", "the CA's certificate ca.pem, and fab.pem: the tool's own key and certificate")

ENTRIES = (
    Entry(
        AccessCode.NO_CERTIFICATE_FILE,
        "a certificate or key of the tool's own cannot be used",
        "The listener requires TLS, and the file of the CA or of the tool's certificate is missing or not as expected. "
        "No connection was made.",
        causes=(
            "The folder was checked out on another machine: pki/fab.pem holds a private key and is not in git.",
            "No certificates were made yet.",
            "security.tool.cert names another file, or one whose key is encrypted.",
        ),
        commands=(OWN, STATUS),
    ),
    Entry(
        AccessCode.UNKNOWN_ISSUER,
        "a server's certificate is of another CA",
        "The server's certificate was not issued by the CA in the folder's pki/ca.pem. The tool ended the connection "
        "before it sent anything: another server may answer at that address.",
        causes=(
            "The host has a certificate of an earlier CA, or of another cluster.",
            "pki/ca.pem is another cluster's, or older than a rotation of the CA.",
            "The address in hosts.ini leads to another host.",
        ),
        commands=(SERVED, ADDRESS, PLAN),
    ),
    Entry(
        AccessCode.NAME_MISMATCH,
        "a server's certificate is for another name",
        "The certificate is of the right CA, but not for the name or address in hosts.ini. Clients and other brokers "
        "that verify names refuse it, too.",
        causes=(
            "The address in hosts.ini was changed after the certificate was issued.",
            "A tunnel or a port forward leads to the host: see security.tool.verify_as.",
            "The address leads to another host of the cluster.",
        ),
        commands=(SERVED, ADDRESS, PLAN),
    ),
    Entry(
        AccessCode.EXPIRED,
        "a server's certificate has expired",
        "The certificate that the process serves is past its end. Other brokers and clients refuse it at their next "
        "connection.",
        causes=(
            "It was not renewed.",
            "It was renewed on the disk, but the process still serves the old one.",
            "The clock of this machine is ahead.",
        ),
        commands=(SERVED, CLOCKS, STATUS),
    ),
    Entry(
        AccessCode.NOT_YET_VALID,
        "a server's certificate is not valid yet",
        "The beginning of the certificate's validity is in the future by the clock of this machine.",
        causes=("The clock of this machine is behind.", "The clock of the machine that issued it was ahead."),
        commands=(CLOCKS, SERVED),
    ),
    Entry(
        AccessCode.CLIENT_CERTIFICATE,
        "a server does not accept the tool's certificate",
        "The listener requires a client certificate (mTLS), and has refused the one that the tool has shown, or there "
        "was none. Servers say so only at the first answer.",
        causes=(
            "The tool's certificate has expired.",
            "The listener trusts another CA, such as the clients' CA.",
            "The listener also requires a login.",
        ),
        commands=(OWN, Command("fab -H HOST logs --grep SSL --lines 50", "why the server refused it"), STATUS),
    ),
    Entry(
        AccessCode.SPEAKS_TLS,
        "a listener uses TLS, and was asked without",
        "The port belongs to a TLS listener, but conf/cluster.yaml describes none: the tool asked in clear.",
        causes=(
            "The listener was set in kafka.properties, not in security.",
            "security was removed from conf/cluster.yaml while brokers run with it.",
        ),
        commands=(LISTENING, PLAN, STATUS),
    ),
    Entry(
        AccessCode.NO_TLS,
        "a listener does not use TLS",
        "The server answered the TLS handshake with something else, or closed the connection. The tool does not fall "
        "back to plaintext.",
        causes=(
            "The broker runs an outdated configuration, without TLS.",
            "Another program listens on the port.",
            "The broker was stopping at that moment.",
        ),
        commands=(LISTENING, STATUS, PLAN),
    ),
    Entry(
        AccessCode.NO_AGREEMENT,
        "no common version of TLS or cipher",
        "The server and this machine offer no common version of TLS or cipher; the tool requires TLS 1.2 or later.",
        causes=("ssl.enabled.protocols or ssl.cipher.suites is set.", "A system policy of this machine forbids it."),
        commands=(SERVED, ERRORS),
    ),
    Entry(
        AccessCode.LOGIN,
        "a login was rejected",
        "The broker rejected user and password. Kafka gives the same answer for an unknown user and a wrong password.",
        causes=(
            "The password was changed, or its source has an old one.",
            "The user has no credential for this mechanism.",
            "The user was created a moment ago, and this broker does not have it yet.",
            "KRaft up to 4.3.1: a user was deleted within an hour, and this broker restarted: it forgets all users.",
        ),
        commands=(Command("fab -H HOST logs --grep authentication --lines 50", "the broker's own reason"), STATUS),
    ),
    Entry(
        AccessCode.MECHANISM,
        "the listener does not offer the SASL mechanism",
        "The broker offers other SASL mechanisms than the one that the tool logs in with.",
        causes=(
            "sasl.enabled.mechanisms of that listener was edited.",
            "The broker runs an outdated configuration.",
        ),
        commands=(PLAN, STATUS),
    ),
    Entry(
        AccessCode.LOGIN_REQUIRED,
        "a listener requires a login, and the tool has none",
        "The listener is SASL_SSL, and the tool has no user for it. It needs none where the brokers' own listener "
        "(mTLS) can be reached.",
        causes=(
            "security.internal is not mtls, and security.tool.login is not set.",
            "The source of the password is empty.",
        ),
        commands=(PLAN, STATUS),
    ),
    Entry(
        AccessCode.SERVER_UNPROVEN,
        "a server did not prove that it has the password",
        "SCRAM proves both sides. The server sent a wrong signature, or asked for so few iterations that the password "
        "could be found from the answer. The tool ended the login.",
        causes=("Another server answers at that address.", "A proxy between this machine and the broker."),
        commands=(SERVED, ADDRESS),
    ),
    Entry(
        AccessCode.NO_RIGHTS,
        "the tool has no rights for a request",
        "The authorizer denied the request. The tool's user, its certificate's subject, must be in super.users.",
        causes=(
            "super.users was edited, or misses the tool's subject.",
            "The tool connects with another certificate or user than super.users names (security.tool).",
        ),
        commands=(
            Command("fab -H HOST logs --file kafka-authorizer --lines 20", "what was denied, and to whom"),
            PLAN,
        ),
    ),
    Entry(
        AccessCode.CLEAR_PASSWORD,
        "a login would be sent in clear",
        "The listener has no TLS. A password, or what it can be found from, would be readable on the network: the tool "
        "does not log in there.",
        causes=("The listener is SASL_PLAINTEXT.",),
        commands=(PLAN, STATUS),
    ),
    Entry(
        AccessCode.NO_AUTHORIZER,
        "the brokers have no authorizer, and so no ACLs",
        "A request about ACLs was answered with SECURITY_DISABLED. Everybody may do everything, and ACLs cannot be "
        "stored.",
        causes=(
            "security.authorize is false, or was set and the brokers were not restarted since.",
            "With KRaft only the brokers have the authorizer, and the controllers do not.",
        ),
        commands=(PLAN, STATUS),
    ),
    Entry(
        AccessCode.LOGS_AT_DEBUG,
        "an authorizer may still log each decision",
        "acls.audit set the logger of this process to DEBUG and could not set it back. The log file grows fast, but "
        "is rotated (kafka.log_size, kafka.log_count). A restart of the process ends it.",
        causes=("The broker or controller was stopped, or became unreachable, while it was listened to.",),
        commands=(
            Command("fab acls.audit --seconds 0", "sets back what an audit has left; listens to nothing"),
            Command("fab -H HOST logs --file kafka-authorizer --lines 5", "whether decisions are still logged"),
        ),
    ),
)
