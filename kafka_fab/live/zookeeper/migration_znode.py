"""Migration znode: /migration, read from a ZooKeeper that services name in their files."""

from kafka_fab.cluster.identity.migration import ZNODE, Migration, offset_of


def read(servers: str, seconds: float) -> Migration:
    """Return what a ZooKeeper (host:port, ... with the chroot) has of a migration, or why it did not answer."""
    from kazoo.client import KazooClient
    from kazoo.exceptions import KazooException, NoNodeError
    from kazoo.handlers.threading import KazooTimeoutError

    kazoo = KazooClient(hosts=servers, timeout=seconds)
    try:
        kazoo.start(timeout=seconds)
        return Migration(servers, offset_of(kazoo.get_async(ZNODE).get(timeout=seconds)[0]))
    except NoNodeError:
        return Migration(servers)
    except KazooTimeoutError:
        return Migration(servers, error=f"no server has answered within {seconds:.0f} s")
    except (KazooException, ValueError) as error:
        return Migration(servers, error=f"{type(error).__name__} {error}".rstrip())
    finally:
        kazoo.stop()
        kazoo.close()
