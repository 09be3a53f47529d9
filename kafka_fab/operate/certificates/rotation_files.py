"""Rotation files: the CA that is new and those that are to go while a CA is rotated, in the cluster's folder.

    new-ca.pem               the CA that is to be trusted alone in the end: it alone says which way the rotation goes
    old-ca.pem               every CA of the rotation
    ca.key                   the key that certificates are issued by
    new-ca.key, old-ca.key   the key of the other CA, before and after the exchange
    ca.pem                   what hosts are to trust: all of them, in the end the new one alone

Each step is a rename or one write, and a key is found by its certificate: a run may be cut off anywhere.
"""

from datetime import datetime, timedelta
from pathlib import Path

from kafka_fab.cluster.model import Cluster
from kafka_fab.cluster.pki import authority, certificate, keys
from kafka_fab.cluster.pki.authority import Authority
from kafka_fab.cluster.pki.certificate import Certificate, Chain
from kafka_fab.cluster.security import principals, stores
from kafka_fab.cluster.values.subject import Subject
from kafka_fab.operate.certificates import authorities, passphrase, pki_files
from kafka_fab.operate.certificates.issue import record

# What a new CA is named by, before the time; the first CA of a cluster has no time in its name.
NEW_CA = "nodes CA "
# A call that nobody saw the end of may have ended the rotation: within this time another one is begun on demand only.
RECENT = timedelta(days=30)


class RotationFiles:
    """The files of one rotation."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        pki = stores.pki(cluster.folder)
        self.trusted, self.key = stores.ca_certificate(cluster.folder), stores.ca_key(cluster.folder)
        self.new, self.new_key = pki / "new-ca.pem", pki / "new-ca.key"
        self.old, self.old_key = pki / "old-ca.pem", pki / "old-ca.key"

    @property
    def under_way(self) -> bool:
        """Return whether a rotation has begun and not ended."""
        return self.new.exists()

    def ended_recently(self, now: datetime) -> Certificate | None:
        """Return the CA of a rotation that is over and began a short time ago."""
        self._repair()
        current = authorities.trusted(self.cluster)[0]
        is_new = f"CN={NEW_CA}" in current.subject and now - current.begins < RECENT
        return current if is_new and not self.under_way else None

    def begin(self, now: datetime) -> bool:
        """Make the new CA, unless a rotation is under way; return whether it was made."""
        self._repair()
        if self.under_way:
            return False
        authorities.own(self.cluster)
        before = authorities.trusted(self.cluster)
        made = self._made(now)
        pki_files.write(self.old, certificate.written((*before, made.certificate)))
        record(self.cluster, made.certificate.subject, (made.certificate,))
        pki_files.write(self.new, made.certificate.pem)
        return True

    def _made(self, now: datetime) -> Authority:
        secret = passphrase.read(self.cluster).reveal()
        subject = Subject(f"{NEW_CA}{now:%Y-%m-%d %H.%M.%S}", principals.organizational_unit(self.cluster))
        if self.new_key.exists():
            # Of a run that was cut off before its certificate was written.
            return authority.new(subject, now, key=keys.opened(self.new_key.read_text(encoding="utf-8"), secret))
        made = authority.new(subject, now)
        pki_files.write(self.new_key, keys.encrypted(made.key, secret), pki_files.PRIVATE)
        return made

    def turn_back(self) -> None:
        """Make the CA from before the rotation the one that is to be trusted alone."""
        first = certificate.read(self.old.read_text(encoding="utf-8"))[0]
        pki_files.write(self.new, first.pem)

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
        return self._opened(self.new_certificate) or authorities.opened(self.cluster, self.new, self.key)

    def old_authority(self) -> Authority | None:
        """Return the CA that is to go with its key; None where the key is gone, as at the very end."""
        found = (self._opened(one) for one in self.old_certificates)
        return next((one for one in found if one), None)

    def _opened(self, wanted: Certificate) -> Authority | None:
        file = self._key_of(wanted)
        secret = passphrase.read(self.cluster).reveal()
        return Authority(wanted, keys.opened(file.read_text(encoding="utf-8"), secret)) if file else None

    def _key_of(self, wanted: Certificate) -> Path | None:
        """Return the file with a CA's key; None where none of them is."""
        secret = passphrase.read(self.cluster).reveal()
        public = keys.public_pem(wanted.x509.public_key())
        for file in (self.key, self.new_key, self.old_key):
            if file.exists() and keys.public_pem(keys.opened(file.read_text("utf-8"), secret).public_key()) == public:
                return file
        return None

    def trust_both(self) -> bool:
        """Let hosts trust all CAs; return whether that is new."""
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
        file = self._key_of(self.new_certificate)
        if file is None or file == self.key:
            return False
        self._move(self.key, self.old_key if file == self.new_key else self.new_key)
        self._repair()
        return True

    def _repair(self) -> None:
        """Finish the exchange of keys of a run that was cut off between its two renames."""
        if self.under_way and not self.key.exists():
            file = self._key_of(self.new_certificate)
            if file:
                self._move(file, self.key)

    @staticmethod
    def _move(source: Path, target: Path) -> None:
        source.replace(target)
        pki_files.sync_directory(target.parent)

    def end(self) -> None:
        """Remove the other CAs with their keys; the rotation is over."""
        for file in (self.old_key, self.new_key, self.old, self.new):
            file.unlink(missing_ok=True)
