"""The command line: options, one call, echo, exit status. Clock, random seed and environment are read here only."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from ankisync.commands import Commands, examples
from ankisync.start import build_plainly, prepare

OK, USAGE, WOULD_WRITE, BUG, INTERRUPTED = 0, 2, 3, 70, 130


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the program. Exit status: 0 done, 1 errors in the notes, 2 usage or configuration, 3 a build would write
    (`check`, `--locked`), 70 a bug, 130 interrupted.
    """
    prepare()
    try:
        status = cli.main(arguments, "ankisync", standalone_mode=False)
    except click.exceptions.Exit as error:
        status = error.exit_code
    except click.ClickException as error:
        error.show()
        status = USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        status = INTERRUPTED
    except Exception:
        from ankisync.bug import tell_bug

        tell_bug(sys.argv[1:] if arguments is None else arguments)
        status = BUG
    sys.exit(status)


def _version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        from ankisync.about import versions

        click.echo(versions())
        context.exit()


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=examples(
        ("init", "set a vault up"),
        ("build", "write new IDs into the notes, and the decks into decks/"),
        ("watch", "do so at every save"),
        ("check", "only tell what is wrong"),
    ),
)
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Show versions and exit."
)
def cli() -> None:
    """Anki decks from Markdown notes; every card keeps its identity."""


_paths = click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
_out = click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder for the packages, or one .apkg.")
_form = click.option(
    "--format", "form", type=click.Choice(["text", "json", "github"]), default="text", help="Form of the output."
)
_quiet = click.option("-q", "--quiet", is_flag=True, help="Tell errors only.")
_no_cache = click.option("--no-cache", is_flag=True, help="Make all anew: use nothing that was kept, and keep nothing.")
_verbose = click.option("-v", "--verbose", is_flag=True, help="Tell more: every ID that belongs to no card.")


@cli.command(
    epilog=examples(
        ("build", "the whole vault"),
        ("build notes/french.md", "write new IDs into this file only"),
        ("build -o cards.apkg", "all decks in one package"),
        ("build --dry-run", "say what would be written"),
        ("build --locked --summary notes.md", "in CI: decks and a summary, no note and no lock"),
    )
)
@_paths
@_out
@_form
@_quiet
@_verbose
@click.option("--dry-run", is_flag=True, help="Print the plan, write nothing.")
@click.option("--locked", is_flag=True, help="Write packages only; exit 3 if a note or the lock would be written.")
@click.option("--strict", is_flag=True, help="Write nothing if there is any error.")
@click.option("--retire", is_flag=True, help="Notes that stand nowhere any more are gone, however many (A409).")
@_no_cache
@click.option(
    "--summary", type=click.Path(path_type=Path, dir_okay=False), help="Write a summary as Markdown into this file."
)
@click.option("--manifest", is_flag=True, help="Write manifest.json beside the packages: what is in each.")
@click.option(
    "--previous",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    help="A package that readers have, or a folder of them: what is built is never older.",
)
def build(
    paths: tuple[Path, ...],
    out: Path | None,
    form: str,
    quiet: bool,
    verbose: bool,
    dry_run: bool,
    locked: bool,
    strict: bool,
    retire: bool,
    no_cache: bool,
    summary: Path | None,
    manifest: bool,
    previous: tuple[Path, ...],
) -> int:
    """Write new IDs into the notes, then the lock and the decks.

    With PATHs only these files are written and told of; a deck always holds all of its notes.
    """
    published = summary or manifest or previous
    special = out or verbose or dry_run or locked or strict or retire or no_cache or published
    if form == "text" and not (paths or special):
        return build_plainly(quiet=quiet)
    from ankisync.shell import Shell

    if dry_run and (summary or manifest):
        raise click.UsageError("--dry-run writes nothing: leave out --summary and --manifest")
    shell = Shell.start(
        paths, out, form, quiet, verbose, locked=locked, strict=strict, cached=not no_cache, retire=retire
    )
    shell = shell.publishing(previous, summary, manifest=manifest) if published else shell
    if dry_run:
        return shell.plan(OK)
    return shell.build()


@cli.command(
    epilog=examples(
        ("check", "all that is wrong, and what a build would write"),
        ("check --format github", "with annotations at the lines, in GitHub Actions"),
    )
)
@_paths
@_out
@_form
@_quiet
@_verbose
@_no_cache
def check(paths: tuple[Path, ...], out: Path | None, form: str, quiet: bool, verbose: bool, no_cache: bool) -> int:
    """Tell what a build would do and all that is wrong; write nothing."""
    from ankisync.shell import Shell

    return Shell.start(paths, out, form, quiet, verbose, cached=not no_cache).plan(WOULD_WRITE)


@cli.command(
    "list",
    epilog=examples(
        ("list notes/french.md", "a line a card"),
        ("list --format json", "for other programs"),
    ),
)
@_paths
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Form of the output.")
def list_notes(paths: tuple[Path, ...], form: str) -> int:
    """Print the notes as they are read."""
    from ankisync.shell import Shell

    return Shell.start(paths, None, form).list()


@cli.command(
    short_help="Let notes win at the next import.",
    epilog=examples(
        ("touch notes/french.md", "the notes of this file win"),
        ("touch 1702818043968", "this note wins"),
        ("touch --all", "all notes win"),
    ),
)
@click.argument("what", nargs=-1, metavar="[PATH|ID]...")
@click.option("--all", "everything", is_flag=True, help="All notes.")
def touch(what: tuple[str, ...], everything: bool) -> int:
    """Let these notes win at the next import, over what was edited in Anki."""
    from ankisync.shell import Shell

    if everything == bool(what):
        raise click.UsageError("name notes by PATH or ID, or say --all")
    ids = [int(each) for each in what if each.isascii() and each.isdigit() and not os.path.exists(each)]
    paths = [Path(each) for each in what if not (each.isascii() and each.isdigit()) or os.path.exists(each)]
    return Shell.start(tuple(paths), None, "text").touch(ids, everything)


@cli.command(
    epilog=examples(
        ("watch", "build at every save, until Ctrl-C"),
        ("watch --poll", "on a network drive, or in a container"),
    )
)
@_paths
@_out
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="json: an object on a line a build."
)
@_quiet
@click.option(
    "--settle",
    type=click.FloatRange(0, 3600),
    default=0.1,
    metavar="SECONDS",
    help="Quiet after a save before the build (0.1).",
)
@click.option("--poll", is_flag=True, help="Look for changes instead of being told: for network and container mounts.")
@click.option(
    "--interval", type=click.FloatRange(0.05, 3600), metavar="SECONDS", help="How often to look (1); turns --poll on."
)
@click.option("--once", is_flag=True, help="Build once, waiting for another ankisync where one is at work, and end.")
@click.option("--push", "pushes", is_flag=True, help="Push each build into the Anki that is open here.")
def watch(
    paths: tuple[Path, ...],
    out: Path | None,
    form: str,
    quiet: bool,
    settle: float,
    poll: bool,
    interval: float | None,
    once: bool,
    pushes: bool,
) -> int:
    """Build, then build again at every save, until Ctrl-C.

    A deck is current a moment after a save. IDs are written into a file once it has been left alone for as long as the
    setting `write_after` says.
    """
    from ankisync.shell import Shell, sure
    from ankisync.watching import watch as run

    shell = Shell.start(paths, out, form, quiet)
    way = None
    if pushes:
        from ankisync.pushing.reach import way_to

        way = sure(way_to(shell.request.root.settings, None, None, None, os.environ))
    return run(shell, settle, interval or (1.0 if poll else None), once, way)


@cli.command(
    epilog=examples(
        ("push", "into the Anki that is open here"),
        ("push --dry-run", "say what would be done, and do nothing"),
        ("push --delete", "also delete what is gone from the notes, after asking"),
    )
)
@click.option("--url", metavar="URL", help="AnkiConnect of a running Anki (http://127.0.0.1:8765).")
@click.option("--collection", type=click.Path(path_type=Path), metavar="FILE", help="The collection of a closed Anki.")
@click.option("--sync", metavar="URL", help="A sync server, or AnkiWeb: user and password from the environment.")
@click.option("--delete", is_flag=True, help="Delete notes that stand in no file any more, after asking.")
@click.option("--yes", is_flag=True, help="Ask nothing: delete, push into another profile than before.")
@click.option("--force", is_flag=True, help="Let the notes win over what was edited in Anki.")
@click.option("--dry-run", is_flag=True, help="Print the plan; write nothing, here or in Anki.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Form of the output.")
@_quiet
def push(
    url: str | None,
    collection: Path | None,
    sync: str | None,
    delete: bool,
    yes: bool,
    force: bool,
    dry_run: bool,
    form: str,
    quiet: bool,
) -> int:
    """Build, then bring Anki in line with the notes.

    What is new or changed is sent, cards follow their decks, and nothing is sent that is there already. A note that was
    edited in Anki since the last push is kept.
    """
    from ankisync.pushing import Wishes
    from ankisync.pushing import push as run
    from ankisync.pushing.reach import way_to
    from ankisync.shell import Shell, sure

    shell = Shell.start((), None, form, quiet)
    way = sure(way_to(shell.request.root.settings, url, collection, sync, os.environ))
    return run(shell, way, Wishes(delete, yes, force, dry_run))


@cli.command(
    short_help="Write ankisync.toml, with the settings of a plugin.",
    epilog=examples(
        ("init", "in the current folder"),
        ("init ~/Vault", "in another one"),
        ("init --from data.json", "with the settings of the plugin"),
    ),
)
@click.argument("folder", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--from", "data", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="The plugin's data.json."
)
@click.option("--git", is_flag=True, help="Also add a line to .gitattributes: the lock then merges by itself.")
def init(folder: Path | None, data: Path | None, git: bool) -> int:
    """Write a commented ankisync.toml into FOLDER (else into the current one).

    The settings of an Obsidian_to_Anki plugin that are found there, or named, are taken over.
    """
    from ankisync.setup import start

    return start(folder or Path(), data, git=git)


@cli.command(
    short_help="Bind IDs of another tool to the notes in Anki.",
    epilog=examples(
        ("adopt 'My Decks.apkg'", "bind the IDs that stand in the notes to those in Anki"),
        ("adopt --none", "they are in nobody's Anki"),
    ),
)
@click.argument("export", required=False, type=click.Path(path_type=Path, exists=True))
@click.option("--none", "nobody", is_flag=True, help="IDs of other tools are in nobody's Anki: do not tell of them.")
@click.option("--push", is_flag=True, help="Let all that is bound win at the next import.")
def adopt(export: Path | None, nobody: bool, push: bool) -> int:
    """Bind IDs that another tool wrote to the notes of an EXPORT of Anki.

    EXPORT is an .apkg or .colpkg, or the collection.anki2 of a closed Anki; it is only read. What is bound is updated
    in place from then on, with its reviews kept. Nothing is sent until a card's Markdown changes.
    """
    from ankisync.setup import bind

    if nobody and push:
        raise click.UsageError("--push is about the notes of an export: leave it out with --none")
    if nobody == (export is not None):
        raise click.UsageError("name an export, or say --none")
    return bind(export, push)
