"""Common commands: those that the entries of several areas name."""

from kafka_fab.runbook.entry import Command

CONNECTION = Command("fab -H HOST run 'true'", "the connection alone")
START = Command("fab -H HOST start", "start the services of that host")
ERRORS = Command("fab -H HOST logs --grep ERROR --lines 50", "the last errors of that host's services")
PLAN = Command("fab -H HOST plan", "the difference between hosts.ini, conf/ and the host")
INSTALL = Command("fab -H HOST install", "bring the host in line; restarts nothing")
PLACEMENT = Command("fab placement TOPIC", "leader, replicas and ISR of each partition, and their sizes")
QUORUM = Command("fab quorum.show", "leader, epoch, voters, and how far each is behind")
