"""What a code is told as."""

from ankisync.model import Severity
from ankisync.values import dataclass

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


@dataclass(frozen=True, slots=True)
class Rule:
    """A code's severity and wording; `{names}` are filled by `diagnose`. `title` is the line in the README's table."""

    severity: Severity
    title: str
    message: str
    hint: str
