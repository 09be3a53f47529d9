"""A Jinja environment whose templates come to an end: within a number of steps, and of letters."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import TemplateRuntimeError
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment

from kafka_fab.cluster.schema.text_file import MOST_BYTES

# A step is a turn of a loop or a call; a file for each of thousands of hosts takes some thousands.
STEPS = 200_000
LETTERS = MOST_BYTES
BITS = 4096
_STEPS: ContextVar[list[int]] = ContextVar("_STEPS")
# Filters that make a text or a list as long as a number says.
LONG = ("batch", "center", "indent", "slice", "truncate", "wordwrap")


@contextmanager
def budget() -> Iterator[None]:
    """Begin to count the steps of a template."""
    before = _STEPS.set([STEPS])
    try:
        yield
    finally:
        _STEPS.reset(before)


def step() -> None:
    """Take one step; raise where there are none left."""
    left = _STEPS.get()
    left[0] -= 1
    if left[0] < 0:
        raise TemplateRuntimeError(f"takes more than {STEPS} steps: give its loops and macros an end")


def turns(items: Iterable[Any]) -> Iterator[Any]:
    """Yield what a loop goes through, and count."""
    for item in items:
        step()
        yield item


def sized(value: Any) -> Any:
    """Return a value that is no longer than a file may be; raise where it is."""
    if isinstance(value, str | bytes | list | tuple) and len(value) > LETTERS:
        raise _too_long()
    return value


def together(chunks: Iterable[str]) -> str:
    """Return the text of a template, of which no more is made than a file may have."""
    parts, letters = [], 0
    for chunk in chunks:
        parts.append(chunk)
        letters += len(chunk)
        if letters > LETTERS:
            raise _too_long()
    return "".join(parts)


def _too_long() -> TemplateRuntimeError:
    return TemplateRuntimeError(f"makes more than {LETTERS >> 20} MiB, the limit for a file: see its loops and numbers")


class _Generator(CodeGenerator):
    """Counts the turns of loops, and measures what is joined."""

    def visit_For(self, node: nodes.For, frame: Frame) -> None:  # noqa: N802
        count = nodes.EnvironmentAttribute("turns")
        node.iter = nodes.Call(count, [node.iter], [], None, None, lineno=node.lineno)
        super().visit_For(node, frame)

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802
        self.write("environment.sized(")
        super().visit_Concat(node, frame)
        self.write(")")


class Bounded(SandboxedEnvironment):
    """An environment in which nothing is without an end."""

    code_generator_class = _Generator
    intercepted_binops = frozenset({"+", "*", "**", "%"})
    sized = staticmethod(sized)
    turns = staticmethod(turns)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.filters |= {name: _short(self.filters[name]) for name in LONG}
        self.globals["range"] = _range

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        """Call as a template asks for it: a step, with no number of letters that no file has."""
        step()
        if isinstance(getattr(__obj, "__self__", None), str | bytes | list):
            _refuse_long(args)
        return sized(super().call(__context, __obj, *args, **kwargs))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Work out what would otherwise be as large as its numbers say."""
        if _length(operator, left, right) > LETTERS or _bits(operator, left, right) > BITS:
            raise _too_long()
        return sized(super().call_binop(context, operator, left, right))


def _range(*numbers: int) -> range:
    found = range(*numbers)
    # len() itself refuses those that are longer than a machine's word.
    if not -STEPS <= (found.stop - found.start) // found.step <= STEPS:
        raise TemplateRuntimeError(f"range{numbers}: {STEPS} steps are the limit")
    return found


def _short(made: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(made)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        _refuse_long([*args, *kwargs.values()])
        return sized(made(*args, **kwargs))

    return bounded


def _refuse_long(numbers: Iterable[Any]) -> None:
    if any(isinstance(number, int) and number > LETTERS for number in numbers):
        raise _too_long()


def _length(operator: str, left: Any, right: Any) -> int:
    """Return how long the product of a text or a list with a number is."""
    pairs = ((left, right), (right, left)) if operator == "*" else ()
    return max((len(one) * other for one, other in pairs if _has_length(one) and isinstance(other, int)), default=0)


def _has_length(value: Any) -> bool:
    return isinstance(value, str | bytes | list | tuple)


def _bits(operator: str, left: Any, right: Any) -> int:
    """Return how many bits a product or a power of whole numbers has at most."""
    if not (isinstance(left, int) and isinstance(right, int)) or operator not in ("*", "**"):
        return 0
    return left.bit_length() * right if operator == "**" else left.bit_length() + right.bit_length()
