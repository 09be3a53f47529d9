"""Tasks of your own, beside those of kafka-fab, which are `fab kafka.plan`, `fab kafka.install` ... here."""

from fabric import task
from invoke.collection import Collection
from invoke.tasks import task as run_once
from kafka_fab.tasks.namespace import collection


@task
def uptime(c):
    """Show each host's uptime: a task of Fabric's own kind runs on all hosts at once, with a connection to each."""
    print(f"{c.host}: {c.run('uptime -p').stdout.strip()}")


@run_once
def nightly(c):
    """Exit with 2 if the hosts differ from conf/: a task of Invoke's runs once, and may call others."""
    c.run("fab kafka.plan --check", hide=False)


namespace = Collection(uptime, nightly)
namespace.add_collection(collection(), name="kafka")
