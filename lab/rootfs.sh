#!/bin/sh
# Turn the Debian root file system $1 into the one that all lab hosts share.
# ADMIN_PASSWORD is in the environment. mmdebstrap runs this at its end.
set -eu
root=$1

# Three ways in: root, ops (sudo without a password), admin (sudo asks for one).
chroot "$root" useradd --create-home --shell /bin/bash --password '*' ops
chroot "$root" useradd --create-home --shell /bin/bash admin
printf 'admin:%s\n' "$ADMIN_PASSWORD" | chroot "$root" chpasswd
printf 'ops ALL=(ALL) NOPASSWD: ALL\nadmin ALL=(ALL) ALL\n' >"$root/etc/sudoers.d/lab"
chmod 440 "$root/etc/sudoers.d/lab"

# Host keys belong to a host: the lab makes them, so that it knows them before the first connection.
rm -f "$root"/etc/ssh/ssh_host_*
cat >"$root/etc/ssh/sshd_config.d/lab.conf" <<'CONF'
HostKey /etc/ssh/ssh_host_ed25519_key
AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/lab_authorized_keys
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UseDNS no
MaxStartups 200
MaxSessions 100
PrintMotd no
CONF

# Names come from /etc/hosts alone: a question to a name server that isn't there costs seconds.
sed -i 's/^hosts:.*/hosts: files/' "$root/etc/nsswitch.conf"
: >"$root/etc/resolv.conf"
echo 'LANG=C.UTF-8' >"$root/etc/default/locale"

# What a host without a console, a disk and a network of its own doesn't need at boot.
for unit in apt-daily.timer apt-daily-upgrade.timer console-getty.service dpkg-db-backup.timer \
    e2scrub_all.timer e2scrub_reap.service fstrim.timer getty.target getty-static.service \
    ldconfig.service systemd-journal-catalog-update.service systemd-journal-flush.service \
    systemd-logind.service systemd-networkd.service systemd-networkd.socket systemd-pstore.service \
    systemd-resolved.service systemd-sysusers.service systemd-timesyncd.service systemd-udevd.service \
    systemd-update-done.service systemd-update-utmp.service systemd-update-utmp-runlevel.service \
    dev-hugepages.mount sys-fs-fuse-connections.mount; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
ln -sf /lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
# sshd must not answer while logins are still refused.
mkdir -p "$root/etc/tmpfiles.d"
ln -sf /dev/null "$root/etc/tmpfiles.d/systemd-nologin.conf"
mkdir -p "$root/etc/systemd/journald.conf.d"
printf '[Journal]\nStorage=volatile\nRuntimeMaxUse=32M\n' >"$root/etc/systemd/journald.conf.d/lab.conf"

rm -rf "$root"/var/lib/apt/lists/* "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/*
