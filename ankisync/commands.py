"""The group of commands, and the examples in their help."""

import os

import click


class Commands(click.Group):
    """A group that lists its commands as they are defined, and knows what was probably meant by a word."""

    def list_commands(self, _: click.Context) -> list[str]:
        """The names of the commands."""
        return list(self.commands)

    def resolve_command(
        self, context: click.Context, arguments: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command of the first word. Raises `UsageError` with a hint where there is none."""
        if arguments[0] not in self.commands and not arguments[0].startswith("-"):
            context.fail(f"there is no command `{arguments[0]}`; {self._meant(arguments[0])}")
        return super().resolve_command(context, arguments)

    def _meant(self, word: str) -> str:
        if os.path.lexists(word):
            return f"to build from it: `ankisync build {word}`"
        from difflib import get_close_matches

        near = get_close_matches(word, self.commands, 1)
        return f"did you mean `{near[0]}`?" if near else f"there are {', '.join(self.commands)}"


def examples(*rows: tuple[str, str]) -> str:
    """The end of a help text: command lines, and what each does."""
    width = max(len(line) for line, _ in rows)
    lines = [f"  ankisync {line:<{width}}  {what}" for line, what in rows]
    return "\n".join(["\b", "Examples:", *lines])
