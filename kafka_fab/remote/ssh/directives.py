"""Directives: each word of `ssh -G` is obeyed, without harm to us, or refused; none is passed over unseen."""

from collections.abc import Callable

from kafka_fab.frozen_value import dataclass
from kafka_fab.remote.ssh.failure import HostFailure
from kafka_fab.remote.ssh.openssh import SshConfig
from kafka_fab.runbook.codes import HostCode

# Whom we talk to, by which way, by which keys and as whom. What `ssh` itself works out is in its answer.
_OBEYED = """
    addressfamily bindaddress canonicaldomains canonicalizefallbacklocal canonicalizehostname canonicalizemaxdots
    canonicalizepermittedcnames casignaturealgorithms certificatefile challengeresponseauthentication checkhostip
    ciphers connecttimeout globalknownhostsfile hashknownhosts host hostkeyalgorithms hostkeyalias hostname
    identitiesonly identityagent identityfile ignoreunknown kbdinteractiveauthentication kexalgorithms macs
    nohostauthenticationforlocalhost passwordauthentication port preferredauthentications proxycommand proxyjump
    pubkeyacceptedalgorithms pubkeyacceptedkeytypes pubkeyauthentication requiredrsasize revokedhostkeys rsaminsize
    serveralivecountmax serveraliveinterval stricthostkeychecking tag user userknownhostsfile
"""
# What a command on a host has no part in (a terminal, forwarding, X11, words), what only `ssh` keeps (a shared
# connection, an agent's content), and ways to be let in or to trust a key that we do not go: less is let in.
_HARMLESS = """
    addkeystoagent batchmode channeltimeout clearallforwardings compression connectionattempts controlmaster
    controlpath controlpersist dynamicforward enableescapecommandline enablesshkeysign escapechar
    exitonforwardfailure fingerprinthash forkafterauthentication forwardagent forwardx11 forwardx11timeout
    forwardx11trusted gatewayports gssapiauthentication gssapiclientidentity gssapidelegatecredentials
    gssapikexalgorithms gssapikeyexchange gssapirenewalforcesrekey gssapiserveridentity gssapitrustdns
    hostbasedacceptedalgorithms hostbasedauthentication hostbasedkeytypes ipqos kbdinteractivedevices localcommand
    localforward loglevel logverbose numberofpasswordprompts obscurekeystroketiming permitlocalcommand
    permitremoteopen pkcs11provider rekeylimit remoteforward requesttty securitykeyprovider sendenv setenv stdinnull
    streamlocalbindmask streamlocalbindunlink syslogfacility tcpkeepalive tunnel tunneldevice updatehostkeys
    verifyhostkeydns versionaddendum visualhostkey warnweakcrypto xauthlocation
"""


@dataclass(frozen=True)
class DirectiveRule:
    """A directive that only `ssh` follows: its value that asks for nothing, and the way out."""

    name: str
    usual: str
    way: str
    # Another directive without which it asks for nothing.
    beside: str = ""
    # Whether it is about commands: none is run on a hop.
    of_commands: bool = False

    def concerns(self, answer: SshConfig) -> bool:
        """Return whether it is set for a host."""
        is_set = str(answer.get(self.name.lower(), self.usual)).lower() != self.usual
        return is_set and (not self.beside or bool(answer.word(self.beside)))

    def words(self, answer: SshConfig) -> str:
        """Return why nothing is done on a host."""
        value = answer[self.name.lower()]
        return f"{self.name} ({value}) is set for {answer.name}, which kafka-fab does not do: {self.way}"


REFUSED = (
    DirectiveRule("BindInterface", "none", "name an address of it by BindAddress"),
    DirectiveRule("KnownHostsCommand", "none", "write what it prints into a file that UserKnownHostsFile names"),
    DirectiveRule(
        "ProxyUseFdpass", "no", "use ProxyJump, or a ProxyCommand that passes the data itself", "proxycommand"
    ),
    DirectiveRule("RefuseConnection", "none", "take that line of ssh_config away where the host is to be reached"),
    DirectiveRule(
        "RemoteCommand",
        "none",
        "as `ssh` does beside any other command: set RemoteCommand none in its ssh_config",
        of_commands=True,
    ),
    DirectiveRule("SessionType", "default", "set SessionType default in its ssh_config", of_commands=True),
)
OBEYED, HARMLESS = frozenset(_OBEYED.split()), frozenset(_HARMLESS.split())
KNOWN = OBEYED | HARMLESS | {one.name.lower() for one in REFUSED}


def unknown(answer: SshConfig) -> set[str]:
    """Return the directives that no list here has: those of a later OpenSSH, or of a system's own."""
    return set(answer) - KNOWN


def refuse(answer: SshConfig, usual: Callable[[], SshConfig], is_hop: bool = False) -> None:
    """Raise HostFailure where ssh_config asks for what only `ssh` does; `usual` is its default."""
    for one in REFUSED:
        if one.concerns(answer) and not (is_hop and one.of_commands):
            raise HostFailure(one.words(answer), HostCode.SSH_CONFIG)
    found = unknown(answer)
    changed = sorted(key for key in found if answer[key] != usual().get(key)) if found else []
    if changed:
        raise HostFailure(
            f"{changed[0]} ({answer[changed[0]]}) is set for {answer.name}, which kafka-fab does not know: "
            "take it out of its ssh_config",
            HostCode.SSH_CONFIG,
        )
