"""What each command ends with, and what that means there: for the pages of the commands."""

from __future__ import annotations

from collections.abc import Mapping

from licsync.diagnostics.exit_codes import Exit

_NO_KEY = "The key of 8x8 is missing, was rejected, or may not be sent to that address."
_STORE = "Refused: the store knows the account under another identity."
_LOCKED = "Another run holds the lock of the account. Nothing was changed."
_UNREADABLE = "The files, the store or the options are invalid."


def _endings(done: str, failed: str, **others: str) -> Mapping[Exit, str]:
    """Give the endings of a command by exit code; names are those of `Exit`."""
    rest = {Exit[name.upper()]: meaning for name, meaning in others.items()}
    return dict(sorted({Exit.DONE: done, Exit.FAILED: failed, **rest}.items()))


ENDINGS: Mapping[str, Mapping[Exit, str]] = {
    "apply": _endings(
        "Everything was applied, or there was nothing to apply.",
        "Nothing was applied: the files or the options are invalid, 8x8 or the store failed, or "
        "nobody approved the plan.",
        refused="Refused, and nothing was changed: a shortage, a limit, a protected user, a rule, "
        "a loss without consent; a plan that is stale, expired, altered or already applied; or an "
        "earlier run or work order that is unfinished.",
        partly="Partly applied: actions failed, have an unknown result, or are left for people. "
        "`licsync apply DIR --resume` continues.",
        locked=_LOCKED,
        credentials=_NO_KEY,
        interrupted="Interrupted: the steps in flight were finished and recorded. "
        "`licsync apply DIR --resume` continues.",
    ),
    "completion": _endings("The script was printed.", "The shell is unknown."),
    "costs": _endings("The costs were printed or written.", _UNREADABLE, refused=_STORE),
    "doctor": _endings(
        "All checks pass.",
        "A check fails, or the files are invalid.",
        refused=_STORE,
        credentials="8x8 rejects the key, or the key is missing.",
    ),
    "drift": _endings(
        "The account has not changed outside licsync since the last apply.",
        "The files or the options are invalid, or 8x8 or the store failed.",
        changes="The account changed outside licsync.",
        refused=_STORE,
        credentials=_NO_KEY,
    ),
    "explain": _endings("The explanation was printed.", "There is no such code."),
    "export": _endings(
        "The tables were written.",
        "Nothing was written: the files or the options are invalid, or 8x8 or the store failed.",
        refused=_STORE,
        credentials=_NO_KEY,
    ),
    "fleet": _endings(
        "Done in all accounts.",
        "The fleet file or the options are invalid, or the run of an account failed. `apply`: or "
        "nobody approved the plans.",
        changes="`plan --detailed-exitcode`: an account has changes. `drift`: an account changed "
        "outside licsync.",
        refused="Refused: the plan of an account; plans that are not the approved ones; or a fleet "
        "with fewer accounts than `min_accounts`.",
        partly="`apply`: an account is partly applied. `licsync fleet apply --resume` continues.",
        locked="Another run holds the lock of an account.",
        credentials="The key of an account is missing or was rejected.",
        interrupted="Interrupted: the steps in flight were finished and recorded. After `apply`, "
        "`licsync fleet apply --resume` continues.",
    ),
    "fmt": _endings(
        "The files are formatted.",
        "A file cannot be read. `--check`: a file is not formatted.",
    ),
    "history": _endings(
        "The runs were printed. `verify`: the history is unaltered.",
        f"{_UNREADABLE} `verify`: the history was altered or truncated.",
        refused=_STORE,
    ),
    "import": _endings(
        "The files were written.",
        "Nothing was written: the export or the options are invalid, or 8x8 or the store failed.",
        refused="Refused, and nothing was written: the export is of another account, or the store "
        "knows the account under another identity.",
        locked=_LOCKED,
        credentials=_NO_KEY,
    ),
    "init": _endings("The account was created.", "Nothing was written: a file is in the way."),
    "inventory": _endings(
        "The inventory was printed, stored or confirmed.",
        "Nothing was changed: the document, the files or the options are invalid, or nobody "
        "agreed.",
        refused="Refused, and nothing was changed: the document is of another account, or the "
        "store knows the account under another identity.",
        locked=_LOCKED,
    ),
    "licenses": _endings(
        "The licenses were printed.",
        "The files or the options are invalid, or 8x8 or the store failed.",
        refused=_STORE,
        credentials=_NO_KEY,
    ),
    "notify": _endings(
        "Every message was sent.", "The files are invalid, or a message was not sent."
    ),
    "onboard": _endings(
        "The people were added to the files, or there was nobody to add.",
        "Nothing was written: a row or a file is invalid, or 8x8 or the store failed.",
        refused=_STORE,
        credentials=_NO_KEY,
    ),
    "people": _endings(
        "The files are as the list asks, or the edits were shown, and written with `--write`.",
        "Nothing was written: the list or a file is invalid, or 8x8 or the store failed.",
        refused="Refused, and nothing was written: a limit or a protected user; or the store knows "
        "the account under another identity.",
        credentials=_NO_KEY,
    ),
    "plan": _endings(
        "The plan was made. It may or may not contain changes.",
        "The files or the options are invalid, or 8x8 or the store failed. `apply` would change "
        "nothing.",
        changes="`--detailed-exitcode`: the plan contains changes.",
        refused="The plan was made, and `apply` would refuse it: a shortage, a limit, a protected "
        "user, a rule, a loss without consent, an old inventory or branch. Or the store knows the "
        "account under another identity.",
        credentials=_NO_KEY,
    ),
    "refresh": _endings(
        "The inventory was updated, or `--dry-run` showed how.",
        "Nothing was changed: an export, a file or an option is invalid, or 8x8 or the store "
        "failed.",
        refused="Refused, and nothing was changed: the export is older than the inventory, or "
        "incomplete; or the store knows the account under another identity.",
        locked=_LOCKED,
        credentials=_NO_KEY,
    ),
    "report": _endings("The report was printed or written.", _UNREADABLE, refused=_STORE),
    "schema": _endings("The schemas were printed or written.", "There is no such schema."),
    "serve": _endings(
        "Somebody stopped the server.",
        "The server cannot start: the files or the options are invalid, or the port is taken.",
        refused=_STORE,
    ),
    "show": _endings(
        "The plan was printed.",
        "The file cannot be read.",
        refused="Refused: the file is not a plan as licsync wrote it, or another version of "
        "licsync wrote it.",
    ),
    "simulate": _endings(
        "Somebody stopped the simulator.",
        "The simulator cannot start: a file or an option is invalid, or the port is taken.",
        refused=_STORE,
    ),
    "store": _endings(
        "Old runs were pruned, or there were none. `adopt`: the store belongs to the account.",
        f"Nothing was changed. {_UNREADABLE}",
        refused="Refused, and nothing was changed: the store knows the account under another "
        "identity; `adopt`: or a run is unfinished.",
        locked=_LOCKED,
    ),
    "test": _endings(
        "Every rule finds what it should. With plans: `apply` would refuse none of them.",
        "A file is invalid, or a rule does not find what it should.",
        refused="With plans: `apply` would refuse one.",
    ),
    "undo": _endings(
        "The plan of the undo was made.",
        "The run is unknown, the files or the options are invalid, or 8x8 or the store failed.",
        refused="The plan was made, and `apply` would refuse it. Or the run is not finished, was "
        "undone already, or the store knows the account under another identity.",
        credentials=_NO_KEY,
    ),
    "unlock": _endings("The account is not locked.", _UNREADABLE, refused=_STORE),
    "users": _endings("The users were printed.", _UNREADABLE, refused=_STORE),
    "validate": _endings(
        "The files are valid.", "The files or the options are invalid.", refused=_STORE
    ),
    "version": _endings("The version was printed.", "An option is unknown."),
}
"""The endings of each command; those of a group hold for all its commands."""
