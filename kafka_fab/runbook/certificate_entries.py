"""T: certificates: issued, judged, installed, renewed; and the CA that issues them."""

from kafka_fab.runbook.codes import CertificateCode
from kafka_fab.runbook.common_commands import ERRORS, PLAN
from kafka_fab.runbook.entry import Command, Entry

RENEW = Command("fab certificates.renew", "new keys and certificates, without a restart")
LIST = Command("fab certificates.list", "every certificate: on disk, held by a process, served by a listener")
CLOCK = Command("fab preflight", "the clocks of all hosts, and names and connectivity")
SHOWN = Command("openssl x509 -in pki/nodes/HOST.pem -noout -text", "what was issued to a host: names, issuer, end")
RESTART = Command("fab rolling-restart --changed", "restart what runs with older certificates")

ENTRIES = (
    Entry(
        CertificateCode.UNUSABLE,
        "a certificate cannot be used",
        "A certificate was judged before it was sent to its host: Kafka or its clients would refuse it. Nothing was "
        "changed on the host.",
        causes=(
            "A CA elsewhere leaves out names, or one of the two extended key usages: a broker is server and client.",
            "The CA is not the one in pki/ca.pem (or `security.certificates.ca`).",
            "The subject is not the one of all nodes: super.users names it.",
            "A private key from elsewhere is encrypted, or not in PKCS#8.",
        ),
        commands=(SHOWN, PLAN),
    ),
    Entry(
        CertificateCode.NOT_SIGNED,
        "a certificate request was not signed",
        "The host has made its key and its request; it keeps the key, and the next run goes on with it.",
        causes=(
            "`security.certificates.command` failed, timed out after 30 s, or printed no PEM certificate.",
            "The key of the CA is not in pki/ on this machine, or the passphrase does not open it.",
            "The key on the host is of a kind that Kafka cannot read.",
        ),
        commands=(Command("fab certificates.requests", "the requests as files, for a CA elsewhere"), PLAN),
    ),
    Entry(
        CertificateCode.CLOCK,
        "a host's clock is wrong",
        "More than a minute lies between the host's clock and this machine's. TLS compares the times in certificates "
        "with the clock, so none is issued.",
        causes=("Time is not synchronized on the host, or on this machine.",),
        commands=(CLOCK, Command("fab run 'timedatectl'", "whether each host synchronizes its clock")),
    ),
    Entry(
        CertificateCode.NOT_SERVED,
        "a renewed certificate is not served",
        "The process was asked to read its certificate again, and a listener still serves the old one. The old file "
        "was put back, so that a restart finds what runs.",
        causes=(
            "The process refused the file: its log has the reason (`Encountered metadata publishing fault`).",
            "The process was so busy that it had not read the file within the time.",
        ),
        commands=(ERRORS, LIST),
    ),
    Entry(
        CertificateCode.REJECTED,
        "a broker rejects a new certificate",
        "The broker was asked, before the file was put in place, whether it would take the certificate; it would not, "
        "and the message has its reason. The old certificate is still in place.",
        causes=(
            "The certificate lacks a name of the one that is served, or has another subject.",
            "The other brokers do not trust its CA yet: a CA is rotated in three passes.",
        ),
        commands=(SHOWN, LIST),
    ),
    Entry(
        CertificateCode.ROTATION,
        "the CA cannot be rotated further",
        "A pass of the rotation is not complete on every listener, or something still depends on the old CA. The "
        "passes are read from the listeners at each call: run it again when the reason is mended.",
        causes=(
            "A service needs a restart before it trusts the new CA, or no longer trusts the old one.",
            "Clients do not trust the new CA yet.",
            "A service does not run, so that it cannot be probed.",
        ),
        commands=(LIST, RENEW, RESTART),
    ),
    Entry(
        CertificateCode.FOREIGN_CA,
        "the folder's CA is not the one of the cluster's nodes",
        "The nodes trust certificates of one CA. Certificates of another one, beside them, would end every connection "
        "between the nodes. Nothing was changed on the hosts.",
        causes=(
            "pki/ was lost, and a new CA was made: restore it from version control, and its keys from their backup.",
            "The folder is another cluster's, or a clone from before the last rotation of the CA.",
            "A CA was replaced by hand: it is replaced in passes, by certificates.rotate-ca.",
        ),
        commands=(LIST, Command("git log --stat -- pki/", "who changed pki/, and when")),
    ),
)
