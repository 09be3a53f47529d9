"""Specs of a live cluster: `pytest --hosts=kafka1,kafka2,kafka3` compares every host with hosts.ini and conf/."""
