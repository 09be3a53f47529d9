"""What an operator can type in a checkout: the tasks, and the lab; nothing else."""

from kafka_fab.output import streams

# Before all else: Ctrl-C may come while the rest is imported.
streams.prepare()

from fabric.main import program

from kafka_fab import task_help
from kafka_fab.task_names import equip
from lab.tasks import ns as lab
from tasks.namespace import GROUPS, collection, examples

namespace = collection(lab)
# `fab` itself: its list has our groups, without the lab, a misspelt name gets a suggestion, and help has examples.
task_help.equip(program, examples)
equip(program, GROUPS)
