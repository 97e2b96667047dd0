"""What we do not do, anywhere."""

import ast
import re

from tests.layout.tree import imports, modules, ours, text_files

MUST_NOT_DIE = {
    "ingest/mqtt.py": "an exception would silently end paho's thread",
    "models/jobs.py": "one failing job never stops the others",
    "models/sql/worker.py": "one call's fault is not the next one's",
}
"""Where everything may be caught, logged and lived through, once."""

UNSAFE_TO_LOAD = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
LATER = re.compile(r"\b(T[O]DO|F[I]XME|X[X]X|for[ ]now|not[ ]implemented[ ]yet)\b")  # finds all but itself
SKIPS_ERRORS = re.compile(r"INSERT\s+IGNORE\s+INTO|prefix_with\(\s*[\"']IGNORE", re.IGNORECASE)
ADDRESS = re.compile(r"(?:https?:)?//(?!127\.0\.0\.1|localhost|www\.w3\.org/)[a-z0-9-]+\.[a-z]", re.IGNORECASE)
REGISTRIES = re.compile(
    r"\b("
    + "|".join(
        rf"{host}\.{domain}"
        for host, domain in (
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("npmjs", "(?:org|com)"),
            ("unpkg", "com"),
            ("jsdelivr", "net"),
            ("debian", "org"),
            ("docker", "(?:io|com)"),
            ("ghcr", "io"),
            ("quay", "io"),
        )
    )
    + r")\b",
    re.IGNORECASE,
)


def lines_with(pattern: re.Pattern[str], *suffixes: str) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in text_files(*suffixes)
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def broad_excepts(tree: ast.Module) -> list[int]:
    """Lines that catch everything and do not pass it on."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
        and not (isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None)
    ]


def test_errors_are_caught_by_name() -> None:
    broad = {name: lines for name, tree in modules().items() if (lines := broad_excepts(tree))}
    assert broad.keys() <= MUST_NOT_DIE.keys(), broad
    assert all(len(lines) == 1 for lines in broad.values()), broad


def test_nothing_is_loaded_that_could_run_code() -> None:
    unsafe = [
        f"{name}:{line} {what}"
        for name, tree in modules().items()
        for line, what in imports(tree)
        if what.split(".")[0] in UNSAFE_TO_LOAD
    ]
    assert not unsafe


def test_no_insert_hides_its_errors() -> None:
    assert not lines_with(SKIPS_ERRORS, ".py", ".sql")


def test_nothing_is_left_for_later() -> None:
    assert not lines_with(LATER)


def test_no_page_asks_the_outside() -> None:
    assert not lines_with(ADDRESS, ".html", ".jinja", ".j2", ".css", ".js")


def test_no_file_names_a_registry() -> None:
    assert not lines_with(REGISTRIES)


def test_nothing_prints_but_the_commands() -> None:
    """A library that prints cannot be used by a service whose standard output is somebody's JSON."""
    printing = [
        f"{name}:{node.lineno}"
        for name, tree in ours().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not printing
