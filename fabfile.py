"""What an operator can type in a checkout: the tasks, and the lab; nothing else."""

from kafka_fab.output import streams

# Before all else: Ctrl-C may come while the rest is imported.
streams.prepare()

from lab.tasks import ns as lab
from tasks.namespace import collection

namespace = collection(lab)
