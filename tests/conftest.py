"""Which tests run: with --hosts the specs of tests/infra, against live hosts; without, everything else.

At the end stands what became of all messages of outside clients.
"""

from pathlib import Path
from typing import Any

import pytest

from tests import outside_total

INFRA = Path(__file__).resolve().with_name("infra")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(outside_total)
    # Said about kafka-python's reading of its own files, once for each of them.
    config.addinivalue_line("filterwarnings", "ignore:(read|open)_text is deprecated:DeprecationWarning")
    if _only_infra(config) or _names_infra(config):
        from tests.infra import reach

        reach.prepare(config)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    from tests.apart import Apart

    return Apart(config, log)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    in_infra = collection_path.is_relative_to(INFRA)
    if _only_infra(config):
        unwanted = not in_infra and not INFRA.is_relative_to(collection_path)
    else:
        unwanted = in_infra and not _names_infra(config)
    return unwanted or None


def _only_infra(config: pytest.Config) -> bool:
    return config.getoption("--hosts") is not None


def _names_infra(config: pytest.Config) -> bool:
    here = config.invocation_params.dir
    return any((here / argument.split("::")[0]).resolve().is_relative_to(INFRA) for argument in config.args)
