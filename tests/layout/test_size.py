"""Small modules, short functions, everything annotated."""

import ast

from tests.layout.tree import Function, functions, modules, ours, text_files

MODULE_LINES = 400
FUNCTION_LINES = 50
USUAL_LINES, USUAL_SHARE = 35, 0.95


def length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def unannotated(function: Function) -> list[str]:
    """Parameters without a type, and ``return`` without one."""
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    named += [extra for extra in (arguments.vararg, arguments.kwarg) if extra]
    missing = [each.arg for each in named if each.annotation is None and each.arg not in ("self", "cls")]
    return missing + ([] if function.returns else ["return"])


def test_no_module_is_longer_than_its_limit() -> None:
    long = {name: lines for name, text in text_files(".py") if (lines := text.count("\n")) > MODULE_LINES}
    assert not long


def test_no_function_is_longer_than_its_limit() -> None:
    long = [
        f"{name}:{function.lineno} {function.name}: {length(function)} lines"
        for name, tree in modules().items()
        for function in functions(tree)
        if length(function) > FUNCTION_LINES
    ]
    assert not long


def test_nearly_every_function_is_short() -> None:
    lengths = {
        f"{name}:{function.lineno} {function.name}": length(function)
        for name, tree in ours().items()
        for function in functions(tree)
    }
    long = {name: lines for name, lines in lengths.items() if lines > USUAL_LINES}
    assert len(long) <= (1 - USUAL_SHARE) * len(lengths), f"{len(long)} of {len(lengths)}: {long}"


def test_every_function_is_annotated() -> None:
    bare = [
        f"{name}:{node.lineno} {node.name}: {missing}"
        for name, tree in ours().items()
        for node in ast.walk(tree)
        if isinstance(node, Function) and (missing := unannotated(node))
    ]
    assert not bare
