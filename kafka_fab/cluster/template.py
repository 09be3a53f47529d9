"""The Jinja2 templates of conf/, the cluster's own before the collection's."""

import os
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from shlex import quote
from typing import Any

from kafka_fab.cluster.encode import Unsayable, java_properties, systemd_unit, yaml_scalar
from kafka_fab.cluster.schema import text_file
from kafka_fab.cluster.schema.problem import Problem
from kafka_fab.cluster.schema.text_file import ENCODING

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
UNITS = tuple(name for name in NAMES if name.endswith(".service.j2"))
BY_LINK = (
    "does not start `{{ tree }}/{{ start }}`: an upgrade moves one service after the other, and by the link all of a "
    "host start the same version"
)
# How whatever a template prints is encoded, by the kind of its file.
ENCODERS: dict[str, Callable[[str], str]] = {
    ".properties.j2": java_properties.value,
    ".service.j2": systemd_unit.text,
    ".yaml.j2": yaml_scalar.part,
}
# For what a template cannot know by the kind of its file: `{{ name | key }}`, `{{ path | sh | argument }}`.
FILTERS: dict[str, Callable[[str], str]] = {
    "key": java_properties.key,
    "argument": systemd_unit.argument,
    "yaml": yaml_scalar.scalar,
}


class Templates:
    """Renders templates from the first folder that holds them."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self.folders = tuple(folders)

    def missing(self) -> list[Problem]:
        """Return a problem for each template that stands in no folder."""
        absent = [name for name in NAMES if not self._file(name)]
        places = " or ".join(map(str, self.folders))
        return [Problem(f"conf/{name}", 0, f"missing template: looked in {places}") for name in absent]

    def without_tree(self) -> list[Problem]:
        """Return a warning for each unit of the user's own that does not name the folder of its version."""
        own = (self._file(name) for name in UNITS)
        found = [file for file in own if file and Path(file).parent != self.folders[-1] and not _names_tree(file)]
        return [Problem(file, 0, BY_LINK, warning=True) for file in found]

    def own_without(self, name: str, word: str) -> str:
        """Return the user's own template of a name, if there is one and it does not have a word; else nothing."""
        file = self._file(name)
        if not file or Path(file).parent == self.folders[-1]:
            return ""
        text, _ = text_file.read(Path(file), file)
        return "" if word in text else file

    def _file(self, name: str) -> str:
        # Path.is_file would raise where a folder may not be entered.
        there = (str(folder / name) for folder in self.folders if os.path.isfile(folder / name))  # noqa: PTH113
        return next(there, "")

    def render(self, name: str, **values: Any) -> str:
        """Return a template filled in; raise TemplateProblem with file and line."""
        from kafka_fab.cluster.schema.bounded_template import budget, together

        try:
            with budget():
                text = together(self._environment_of(name).get_template(name).generate(**values))
        except Exception as error:  # a template is a user's program: it may divide by zero, or call itself
            raise self._problem(name, error) from error
        # What a template itself says in another alphabet has to be encoded, too.
        return java_properties.ascii_only(text) if name.endswith(".properties.j2") else text

    def properties(self, name: str, wanted: Mapping[str, str], source: Callable[[str], str], **values: Any) -> str:
        """Return a file of properties; raise TemplateProblem where it says something else of what is ours."""
        text = self.render(name, properties=wanted, **values)
        said = java_properties.read(text)
        for key in filter(source, said):
            if said[key] != wanted.get(key):
                right = f"`{wanted[key]}`" if key in wanted else "nothing"
                words = f"{key} would be `{said[key]}`, where hosts.ini and conf/cluster.yaml say {right}"
                raise TemplateProblem(Problem(self._file(name) or name, 0, words))
        return text

    def _environment_of(self, name: str) -> Any:
        return next(found for ending, found in self._environments.items() if name.endswith(ending))

    @cached_property
    def _environments(self) -> dict[str, Any]:
        return {ending: self._jinja(encode) for ending, encode in ENCODERS.items()}

    def _jinja(self, encode: Callable[[str], str]) -> Any:
        from jinja2 import FileSystemLoader, StrictUndefined

        from kafka_fab.cluster.schema.bounded_template import Bounded

        environment = Bounded(
            loader=FileSystemLoader([str(folder) for folder in self.folders]),
            undefined=StrictUndefined,
            # Not for HTML: it tells what is encoded already (Markup: a macro's text, a filter's) from what is not,
            # and `finalize` has encoded everything before it could be escaped.
            autoescape=True,
            finalize=_finalizing(encode),
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        environment.filters |= {name: _once(encoder) for name, encoder in FILTERS.items()} | {"sh": quote}
        return environment

    def _problem(self, name: str, error: Exception) -> "TemplateProblem":
        from jinja2 import TemplateError

        line = getattr(error, "lineno", None) or _line_in(name, error)
        file = self._file(name) or name
        return TemplateProblem(Problem(file, line, _reason(error, is_jinjas=isinstance(error, TemplateError))))


def _names_tree(file: str) -> bool:
    text, _ = text_file.read(Path(file), file)
    # What cannot be read is said where it is rendered.
    return not text or "tree" in text


def _finalizing(encode: Callable[[str], str]) -> Callable[[Any, Any], Any]:
    from jinja2 import pass_context

    # With the context only: without it Jinja would escape constants before they come here.
    return pass_context(lambda _, value: _once(encode)(value))


def _once(encode: Callable[[str], str]) -> Callable[[Any], Any]:
    """Return an encoder that raises what Jinja places in its template, and leaves alone what is encoded already."""
    from jinja2 import TemplateRuntimeError
    from markupsafe import Markup

    def encoded(value: Any) -> Any:
        if hasattr(value, "__html__"):
            return value
        try:
            return Markup(encode(str(value)))
        except Unsayable as error:
            raise TemplateRuntimeError(str(error)) from error

    return encoded


class TemplateProblem(Exception):
    """A template that cannot be filled in."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


def _reason(error: Exception, is_jinjas: bool) -> str:
    if isinstance(error, UnicodeDecodeError):
        return ENCODING
    if isinstance(error, RecursionError):
        return "extends, includes or calls itself without an end: see its extends, include and macros"
    if isinstance(error, MemoryError):
        return "needs more memory than there is: see its loops and numbers"
    return str(error) if is_jinjas else f"{type(error).__name__}: {error}"


def _line_in(name: str, error: Exception) -> int:
    trace, line = error.__traceback__, 0
    while trace:
        if trace.tb_frame.f_code.co_filename.endswith(name):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
