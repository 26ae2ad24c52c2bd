"""The exception tree.

Only wrong input and broken files raise. What can happen to any single request
(HTTP 500, an unreadable judge reply) is data: `Response.outcome`, `Verdict.ungraded`.

    EvaluatorError              the user can mend it: one line on stderr, exit code 2
    ├── ConfigError             evaluation.toml or a flag
    ├── ProbeFileError          a probe set
    ├── AnswersFileError        recorded answers
    ├── LabelsFileError         human labels
    ├── ProviderError           a model, server or key that cannot be used
    │   └── UnreachableError    nothing answers there, yet
    └── JournalError            a run directory: damaged, locked, missing or of another version
        └── JournalWriteError   the disk refused in the middle of a run: exit code 4, resumable
"""


class EvaluatorError(Exception):
    """Something the user can mend; the message says what was wanted and what came."""

    exit_code = 2
    """Nothing was sent."""


class ConfigError(EvaluatorError):
    """A setting is unknown, missing or out of range."""


class ProbeFileError(EvaluatorError):
    """A probe set cannot be used; the message names file, line and field."""


class AnswersFileError(EvaluatorError):
    """A file of recorded answers cannot be used; the message names file, line and field."""


class LabelsFileError(EvaluatorError):
    """A file of labels cannot be used; the message names file, line and field."""


class ProviderError(EvaluatorError):
    """A model cannot be asked at all: unknown, not reachable, no key."""


class UnreachableError(ProviderError):
    """Nothing answers at the address of a model: it may be starting."""


class JournalError(EvaluatorError):
    """A run directory cannot be used: damaged, locked, missing or of another version."""


class JournalWriteError(JournalError):
    """The disk refused while a run was going on; what is on disk stays, and the run can be resumed."""

    exit_code = 4
