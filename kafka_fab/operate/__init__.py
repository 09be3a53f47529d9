"""What the tasks do: cluster, remote and live brought together; imported when a task runs."""
