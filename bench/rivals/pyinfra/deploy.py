"""The same steps as `fab install`, by pyinfra's own operations."""

from pyinfra import host
from pyinfra.facts.files import Directory
from pyinfra.operations import apt, files, server, systemd

wanted, archive = host.data.wanted, host.data.wanted["archive"]
apt.packages(name="Java", packages=wanted["packages"], no_recommends=True)
for user in wanted["users"]:
    server.user(
        name=f"User {user['name']}", user=user["name"], home=user["home"], shell="/usr/sbin/nologin",
        system=True, create_home=False, ensure_home=False,
    )  # fmt: skip
for one in wanted["directories"]:
    files.directory(
        name=one["path"], path=one["path"], user=one["owner"], group=one["group"], mode=one["mode"],
    )  # fmt: skip
if not host.get_fact(Directory, path=archive["tree"]):
    files.download(name="Archive", src=archive["url"], dest=archive["path"], sha256sum=host.data.sha256)
    place = archive["tree"].rpartition("/")[0]
    server.shell(
        name="Tree",
        commands=[f"tar xzf {archive['path']} -C {place} --no-same-owner && rm {archive['path']}"],
    )
files.link(name="Link", path=wanted["link"], target=archive["tree"])
kernel, units = None, []
for one in wanted["files"]:
    put = files.put(
        name=one["path"], src=one["source"], dest=one["path"], user=one["owner"], group=one["group"], mode=one["mode"],
    )  # fmt: skip
    if "sysctl.d" in one["path"]:
        kernel = put
    if one["path"].endswith(".service"):
        units.append(put)
for path in wanted["gone"]:
    files.file(name=path, path=path, present=False)
if kernel:
    server.shell(
        name="Kernel",
        commands=["sysctl -e -q -p /etc/sysctl.d/90-kafka-fab.conf || true"],
        _if=kernel.did_change,
    )
systemd.daemon_reload(name="Units", _if=lambda: any(one.did_change() for one in units))
for unit in wanted["units"]:
    systemd.service(name=unit, service=f"{unit}.service", running=None, enabled=True)
