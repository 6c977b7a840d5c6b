"""The layers of DESIGN §3, read off the imports of the package itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import ankisync
from ankisync.diagnostics import TABLE
from tests.support import loaded

PACKAGE = Path(ankisync.__file__).parent

# From the ground up; a module imports from its own layer's groups below, never from above.
LAYERS = (
    ("values", "expression"),
    (
        "source",
        "stamps",
        "sealed",
        "glance",
        "progress",
        "embeds",
        "paint",
        "inline",
        "opaque",
        "cards",
        "cloze",
        "notetypes",
    ),
    (
        "model",
        "question",
        "names",
        "identity",
        "diagnostics",
        "config",
        "looks",
        "records",
        "lock",
        "locklines",
        "shapes",
    ),
    ("parse", "render", "migrate", "binding", "lost", "retired", "duplicates", "packaging", "ignore", "discover"),
    ("mathcheck", "settling"),
    ("reconcile",),
    ("plan", "plain", "filememory", "memory", "documents", "report", "media"),
    ("fields", "package", "export", "apply", "cache", "reading", "attachments", "request", "shelf"),
    ("push",),
    ("anki",),
    ("planning",),
    ("keeping",),
    ("packing", "publishing"),
    ("build", "touch", "adopt", "init", "watch"),
    (
        *("say", "commands", "about", "bug", "bar", "shell", "setup", "unchanged", "pushing", "watching", "start"),
        *("cli", "__main__"),
    ),
)
ONLY_IN = {
    "click": ("bar", "cli", "commands", "pushing", "say", "shell", "start"),
    "genanki": ("package",),
    "frontmatter": ("parse",),
    "yaml": ("parse",),
    "linkify_it": ("render",),
    "markdown_it": ("render",),
    "mdit_py_plugins": ("render",),
    "pygments": ("render",),
    "filelock": ("cache",),
    "pathspec": ("ignore",),
    "sqlite3": ("about", "anki", "cache", "export", "package"),
    "regex": ("parse",),
    "anki": ("anki",),
    "http": ("anki",),
    "zstandard": ("export",),
    "time": ("anki", "bar", "shell", "watching"),
    "secrets": (),
    "datetime": (),
    "watchfiles": ("watching",),
}
WRITES = {"write_bytes", "write_text", "unlink", "rename", "replace_file", "mkdir", "chmod", "symlink_to"}
# The package room writes into the cache folder, where it keeps what the next run can use; the ways to Anki make the
# folder of its backups, and keep a copy of a sync server's collection.
WRITERS = ("anki", "apply", "cache", "package")


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "ankisync":
            yield from (f"ankisync.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def layer(name: str) -> int:
    return next(number for number, rooms in enumerate(LAYERS) if name in rooms)


def test_every_module_has_a_layer() -> None:
    rooms = {room(path) for path in modules()} - {"__init__"}
    assert rooms == {name for rooms in LAYERS for name in rooms}


def test_imports_run_downwards() -> None:
    upwards = [
        (room(path), name)
        for path in modules()
        if room(path) != "__init__"
        for name in imports(path)
        if name.startswith("ankisync.") and name != "ankisync.__version__"
        if layer(name.split(".")[1]) > layer(room(path))
    ]
    assert upwards == []


@pytest.mark.parametrize("library", sorted(ONLY_IN))
def test_a_library_stays_in_its_room(library: str) -> None:
    users = {room(path) for path in modules() if library in {name.split(".")[0] for name in imports(path)}}
    assert users == set(ONLY_IN[library])


def opens_for_writing(node: ast.AST) -> bool:
    """Whether it is a call `x.open("wb")`, or in any other mode that may write."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr != "open":
        return False
    modes = [each.value for each in node.args if isinstance(each, ast.Constant)]
    return any(isinstance(mode, str) and set("wax+") & set(mode) for mode in modes)


def test_only_these_rooms_write_files() -> None:
    writers = set()
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Attribute) and (called.attr in WRITES or opens_for_writing(node)):
                writers.add(room(path))
            if isinstance(called, ast.Name) and called.id == "open":
                writers.add(room(path))
    assert writers == set(WRITERS)


def test_no_splitlines_anywhere() -> None:
    assert [path.name for path in modules() if ".splitlines(" in path.read_text(encoding="utf-8")] == []


def test_functions_and_modules_stay_small() -> None:
    for path in modules():
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 400, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.end_lineno is not None:
                assert node.end_lineno - node.lineno < 50, (path, node.name)


def test_messages_are_worded_in_one_module_and_all_are_used() -> None:
    used = set()
    for path in modules():
        if room(path) != "diagnostics":
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in TABLE:
                    used.add(node.value)
    assert used == set(TABLE)


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (("--help",), {"genanki", "markdown_it", "pygments", "frontmatter", "sqlite3", "filelock", "pathspec"}),
        (("list", "."), {"genanki", "markdown_it", "pygments", "frontmatter", "filelock", "pathspec"}),
    ],
)
def test_heavy_libraries_are_loaded_where_they_are_used(
    tmp_path: Path, arguments: tuple[str, ...], unwanted: set[str]
) -> None:
    (tmp_path / "a.md").write_bytes(b"Q: a\nA: b\n")
    assert loaded(tmp_path, *arguments) & unwanted == set()
