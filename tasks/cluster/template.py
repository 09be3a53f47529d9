"""The Jinja2 templates of conf/, the cluster's own before the collection's."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tasks.cluster.problem import Problem

NAMES = (
    "server.properties.j2",
    "controller.properties.j2",
    "log4j.properties.j2",
    "log4j2.yaml.j2",
    "kafka.service.j2",
    "exporter-broker.yaml.j2",
    "exporter-controller.yaml.j2",
    "zookeeper.properties.j2",
    "zookeeper-log4j.properties.j2",
    "zookeeper.service.j2",
)


class Templates:
    """Renders templates from the first folder that holds them."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self.folders = tuple(folders)
        self._environment: Any = None

    def missing(self) -> list[Problem]:
        """Return a problem for each template that stands in no folder."""
        absent = [name for name in NAMES if not any((folder / name).is_file() for folder in self.folders)]
        places = " or ".join(map(str, self.folders))
        return [Problem(f"conf/{name}", 0, f"missing template: looked in {places}") for name in absent]

    def render(self, name: str, **values: Any) -> str:
        """Return a template filled in; raise TemplateProblem with file and line."""
        from jinja2 import TemplateError

        try:
            return str(self._jinja().get_template(name).render(**values))
        except TemplateError as error:
            raise self._problem(name, error) from error

    def _jinja(self) -> Any:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        if self._environment is None:
            loader = FileSystemLoader([str(folder) for folder in self.folders])
            # No autoescape: that is for HTML, and these are properties and unit files.
            self._environment = Environment(
                loader=loader,
                undefined=StrictUndefined,
                trim_blocks=True,
                lstrip_blocks=True,
                keep_trailing_newline=True,
            )
        return self._environment

    def _problem(self, name: str, error: Exception) -> "TemplateProblem":
        line = getattr(error, "lineno", None) or _line_in(name, error)
        file = next((str(folder / name) for folder in self.folders if (folder / name).is_file()), name)
        return TemplateProblem(Problem(file, line, str(error)))


class TemplateProblem(Exception):
    """A template that cannot be filled in."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


def _line_in(name: str, error: Exception) -> int:
    trace, line = error.__traceback__, 0
    while trace:
        if trace.tb_frame.f_code.co_filename.endswith(name):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
