"""Security: listeners, TLS, logins and authorizer, as `security:` in conf/cluster.yaml says. Pure values."""
