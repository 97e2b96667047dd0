"""The files of the repository, as the tests of the layout see them."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("ingest", "models", "reports", "simulators")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def tracked() -> tuple[str, ...]:
    """Every file under version control, relative to the root."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(name for name in listed.split("\0") if name and (ROOT / name).is_file())


def text_files(*suffixes: str) -> Iterator[tuple[str, str]]:
    """(name, text) of every tracked text file; with ``suffixes``, of those that end so."""
    for name in tracked():
        if not suffixes or name.endswith(suffixes):
            try:
                yield name, (ROOT / name).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


@cache
def modules() -> dict[str, ast.Module]:
    """Every tracked Python file, parsed."""
    return {name: ast.parse(text, name) for name, text in text_files(".py")}


def ours() -> dict[str, ast.Module]:
    """The modules of the four packages, without the tests."""
    return {name: tree for name, tree in modules().items() if name.startswith(PACKAGES)}


def functions(tree: ast.Module) -> Iterator[Function]:
    """Every function and method."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything imported; ``from a import b`` gives ``a.b``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
