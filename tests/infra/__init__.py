"""Specs of a live cluster: `pytest --hosts=kafka1,kafka2,kafka3` holds every host against hosts.ini and conf/."""
