"""Rotation files: the CA that is new and the one that is old while a CA is rotated, in the cluster's folder.

    new-ca.pem, new-ca.key   the new CA; the key becomes ca.key when certificates are to be issued by it
    old-ca.pem, old-ca.key   the old CA, kept to prove that nothing trusts it any more
    ca.pem                   what hosts are to trust: old and new, in the end the new one alone

Each step is a rename or one write, and each is looked at again by the next call: a run may be cut off anywhere.
"""

from datetime import datetime
from pathlib import Path

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.pki import authority, certificate, keys
from kafka_fab.cluster.pki.authority import Authority
from kafka_fab.cluster.pki.certificate import Certificate, Chain
from kafka_fab.cluster.pki.subject import Subject
from kafka_fab.cluster.security import principals, stores
from kafka_fab.operate.certificates import authorities, passphrase, pki_files
from kafka_fab.operate.certificates.issue import record


class RotationFiles:
    """The files of one rotation."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        pki = stores.pki(cluster.folder)
        self.trusted, self.key = stores.ca_certificate(cluster.folder), stores.ca_key(cluster.folder)
        self.new, self.new_key = pki / "new-ca.pem", pki / "new-ca.key"
        self.old, self.old_key = pki / "old-ca.pem", pki / "old-ca.key"

    def begin(self, now: datetime) -> bool:
        """Make the new CA, unless a rotation is under way; return whether it was made."""
        self._repair()
        if self.new.exists():
            return False
        secret = passphrase.read(self.cluster).reveal()
        # The old one first: from the moment that the new one is there the rotation is under way.
        authorities.own(self.cluster)
        pki_files.write(self.old, certificate.written(authorities.trusted(self.cluster)))
        made = self._made(now, secret)
        record(self.cluster, made.certificate.subject, (made.certificate,))
        pki_files.write(self.new, made.certificate.pem)
        return True

    def _made(self, now: datetime, secret: str) -> Authority:
        subject = Subject(f"nodes CA {now:%Y-%m-%d %H.%M.%S}", principals.organizational_unit(self.cluster))
        if self.new_key.exists():
            # Of a run that was cut off before its certificate was written.
            return authority.new(subject, now, key=keys.opened(self.new_key.read_text(encoding="utf-8"), secret))
        made = authority.new(subject, now)
        pki_files.write(self.new_key, keys.encrypted(made.key, secret), pki_files.PRIVATE)
        return made

    @property
    def new_certificate(self) -> Certificate:
        """Return the certificate of the new CA."""
        return certificate.read(self.new.read_text(encoding="utf-8"))[0]

    @property
    def old_certificates(self) -> Chain:
        """Return the certificates of the CAs that are to go."""
        if not self.old.exists():
            return ()
        kept = certificate.read(self.old.read_text(encoding="utf-8"))
        return tuple(one for one in kept if one != self.new_certificate)

    def new_authority(self) -> Authority:
        """Return the new CA with its key, wherever that is by now."""
        return authorities.opened(self.cluster, self.new, self.new_key if self.new_key.exists() else self.key)

    def old_authority(self) -> Authority | None:
        """Return the old CA with its key; None where the key is gone, as at the very end."""
        if not self.new_key.exists() and not (self.old_key.exists() and self.old.exists()):
            return None
        return authorities.opened(self.cluster, self.old, self.old_key if self.old_key.exists() else self.key)

    def trust_both(self) -> bool:
        """Let hosts trust both CAs; return whether that is new."""
        return self._trust((*self.old_certificates, self.new_certificate))

    def trust_new_alone(self) -> bool:
        """Let hosts trust the new CA alone; return whether that is new."""
        return self._trust((self.new_certificate,))

    def _trust(self, wanted: Chain) -> bool:
        if authorities.trusted(self.cluster) == wanted:
            return False
        pki_files.write(self.trusted, certificate.written(wanted))
        return True

    def sign_with_new(self) -> bool:
        """Make the new CA the one that issues; return whether that is new."""
        if not self.new_key.exists():
            return False
        self._move(self.key, self.old_key)
        self._repair()
        return True

    def _repair(self) -> None:
        """Finish the exchange of keys of a run that was cut off between its two renames."""
        if self.new_key.exists() and self.old_key.exists() and not self.key.exists():
            self._move(self.new_key, self.key)

    @staticmethod
    def _move(source: Path, target: Path) -> None:
        source.replace(target)
        pki_files.sync_directory(target.parent)

    def end(self) -> None:
        """Remove the old CA with its key; the rotation is over."""
        self.old_key.unlink(missing_ok=True)
        self.old.unlink(missing_ok=True)
        self.new.unlink(missing_ok=True)
