"""ACLs as a file: the file, the cluster's ACLs, who is allowed what, and the changes between them. Pure values."""
