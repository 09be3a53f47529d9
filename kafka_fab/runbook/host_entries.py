"""H: SSH to a host, and what it takes to run commands there as root."""

from kafka_fab.runbook.codes import HostCode
from kafka_fab.runbook.common_commands import CONNECTION
from kafka_fab.runbook.entry import Command, Entry

SSH = Command("ssh -v HOST true", "the same connection by OpenSSH; run it in the folder of hosts.ini")
CONFIG = Command("ssh -G HOST", "what ssh_config means for this host")

ENTRIES = (
    Entry(
        HostCode.UNREACHABLE,
        "the host cannot be reached",
        "The TCP connection to its SSH port was refused or timed out. Its services may still be running: `fab status` "
        "shows what the rest of the cluster sees of it.",
        causes=(
            "The host is down or still boots.",
            "A firewall, or another address or port than the one in hosts.ini or ssh_config.",
            "sshd does not run.",
        ),
        commands=(
            Command("ping -c 3 HOST", "whether the host answers at all"),
            SSH,
            CONFIG,
            Command("fab status", "what the rest of the cluster sees of it"),
        ),
    ),
    Entry(
        HostCode.NO_ADDRESS,
        "the host's name has no address",
        "This machine cannot resolve the name: neither the DNS nor /etc/hosts has it, and ssh_config names no "
        "HostName.",
        causes=("A typing error in hosts.ini.", "The name is known on the hosts only.", "The DNS does not answer."),
        commands=(Command("getent ahosts HOST", "what this machine resolves"), CONFIG),
    ),
    Entry(
        HostCode.HOST_KEY,
        "the host's key is unknown or has changed",
        "known_hosts has no key for the host, or another one, so it may be another machine. Nothing was sent to it.",
        causes=(
            "It is a new host: nobody has connected to it from here.",
            "It was reinstalled.",
            "Another machine answers at this address.",
        ),
        commands=(
            Command("ssh HOST true", "shows the key's fingerprint and asks; compare it on the host's console"),
            Command("ssh-keygen -R HOST", "remove the old key of a host that was reinstalled"),
            CONFIG,
        ),
    ),
    Entry(
        HostCode.LOGIN_DENIED,
        "the login was denied",
        "sshd accepted none of the keys that were offered, and no password.",
        causes=(
            "The key is not in the user's authorized_keys on the host, or another user is meant.",
            "The key is not loaded in the agent, or has a passphrase.",
            "Too many keys were offered (MaxAuthTries): name one by IdentityFile, with IdentitiesOnly yes.",
        ),
        commands=(Command("ssh-add -l", "the keys in the agent"), SSH, CONFIG),
    ),
    Entry(
        HostCode.NO_SSHD,
        "no SSH server answers on that port",
        "Something takes the TCP connection and does not speak SSH, or ends it at once.",
        causes=(
            "Another service listens on that port.",
            "sshd is overloaded or refuses connections (MaxStartups, fail2ban, hosts.deny).",
        ),
        commands=(SSH, CONFIG),
    ),
    Entry(
        HostCode.PROXY,
        "a jump host or ProxyCommand failed",
        "The host is reached through another one, and that connection failed.",
        causes=(
            "The jump host is down or denies the login.",
            "The jump host does not reach the target.",
            "ProxyCommand ends with an error.",
        ),
        commands=(Command("ssh -v JUMPHOST true", "the first hop alone"), SSH, CONFIG),
    ),
    Entry(
        HostCode.SSH_CONFIG,
        "ssh_config cannot be used",
        "A line of ssh_config for this host is wrong, or asks for something that kafka-fab cannot do. It is refused "
        "rather than ignored, so that no rule of yours is passed over.",
        causes=("A typing error.", "A directive that only OpenSSH itself supports; the message names it."),
        commands=(CONFIG, SSH),
    ),
    Entry(
        HostCode.SUDO,
        "sudo does not let the user become root",
        "kafka-fab runs its scripts as root: by sudo, where it does not log in as root. Nothing was changed.",
        causes=(
            "sudo asks for a password, and none was given.",
            "The password is wrong. It is not tried again, so that the account is not locked.",
            "The user may not run sh by sudo, or sudo is not installed.",
        ),
        commands=(
            Command("ssh HOST sudo -n true", "whether sudo works without a password"),
            Command("fab --prompt-for-sudo-password -H HOST run 'true'", "ask for the password once"),
        ),
    ),
    Entry(
        HostCode.LOGIN_SHELL,
        "the login runs no commands",
        "The SSH login succeeded, and its shell did not run the command: the message has what it printed.",
        causes=(
            "The user's shell is nologin, or a menu.",
            "A file such as .bashrc ends the shell or waits for input.",
        ),
        commands=(Command("ssh HOST sh -c true", "must end without an error"),),
    ),
    Entry(
        HostCode.CONNECTION_LOST,
        "the connection was lost",
        "SSH broke while something ran. What had begun on the host ends there by itself; the same task again goes on.",
        causes=("The host was rebooted or lost its network.", "A firewall drops idle connections."),
        commands=(CONNECTION, Command("fab history", "what was under way")),
    ),
    Entry(
        HostCode.IDLE_TIMEOUT,
        "no output from the host for a long time",
        "The script on the host printed nothing until the timeout. It may still run.",
        causes=("A disk or a network file system hangs.", "A command waits for a lock, such as that of apt or dnf."),
        commands=(
            Command("fab -H HOST run 'ps -eo pid,stat,wchan:20,args | grep -w D'", "processes that wait for a disk"),
        ),
    ),
)
