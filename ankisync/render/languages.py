"""The languages whose code is coloured: those lexers of Pygments that were measured.

Of its 600 a few take time that doubles with each character (that of `mcschema`, on `<!--<!--<!--…`), and others are
slow. These here take less than a second for any piece of the length that `code.py` gives them, hostile ones too.
"""

from functools import cache

_MEASURED = """
ada agda alloy antlr apl applescript actionscript apacheconf asy awk bash batch bibtex bnf abnf ebnf bqn bugs c ca65
capnp carbon ceylon chapel clojure cmake cobol coffeescript common-lisp console coq cpp crystal csharp csound css cuda
cypher d dart delphi diff django docker dot eiffel elixir elm emacs-lisp erb erlang factor fish forth fortran fsharp
futhark gas gdscript genshi gherkin glsl gnuplot go graphql groovy haml handlebars haskell haxe hcl hlsl html
html+jinja http idris ini irb isabelle j jags java javascript jinja json jsonnet jsx julia kotlin latex lean lean4 less
lilypond llvm lua make mako markdown matlab mips modelica modula2 mojo mysql nasm nginx nim nix objective-c ocaml octave
openscad output pddl perl php plpgsql pony postgresql postscript powershell prolog promela properties protobuf ps1con
psql pug puppet purescript pwsh-session pycon python python2 qbasic r racket rconsole reason robotframework rst ruby
rust sas sass scala scheme scilab scss slim smalltalk smarty sml solidity sparql sql sqlite3 stan stata swift
systemverilog tasm tcl terraform text thrift toml tsql tsx turtle twig typescript typst vala vb.net vbscript verilog
vhdl vim vue wast webidl wgsl wolfram x10 xml xslt yaml zig
"""
# Names that people write and Pygments does not know.
_OTHER_NAMES = {"yml": "yaml", "plaintext": "text", "jsonc": "json", "shell-session": "console", "tex": "latex"}


@cache
def lexer_names() -> dict[str, str]:
    """The names of lexers by what people call the languages, in lower case. Lexers of plugins are not among them: they
    would differ by machine.
    """
    from pygments.lexers import get_all_lexers

    known = {alias.lower(): (name, aliases) for name, aliases, *_ in get_all_lexers(plugins=False) for alias in aliases}
    measured = (known[language] for language in _MEASURED.split() if language in known)
    names = {alias.lower(): name for name, aliases in measured for alias in aliases}
    return {other: names[language] for other, language in _OTHER_NAMES.items()} | names


def languages() -> tuple[str, ...]:
    """The names above, one for each language."""
    return tuple(_MEASURED.split())
