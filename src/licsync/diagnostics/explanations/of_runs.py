"""Explanations of the codes about runs, stores and fleets."""

from __future__ import annotations

from collections.abc import Mapping

from licsync.diagnostics import Code
from licsync.diagnostics.exit_codes import Exit
from licsync.diagnostics.explanations.explanation import (
    ERROR,
    ERROR_OR_WARNING,
    WARNING,
    Explanation,
)

RUNS: Mapping[Code, Explanation] = {
    Code.CREDENTIALS: Explanation(
        "A key or token is missing, cannot be read, or was rejected.",
        (
            "No variable names the secret: `LICSYNC_API_KEY`, `LICSYNC_SCIM_TOKEN` and the like.",
            "The secret expired, or lacks a product or right.",
            "`LICSYNC_FLEET_SECRETS` does not allow the fleet file to name this secret.",
        ),
        (
            "Set the variable that the hint names, or `…_FILE` or `…_COMMAND` of it.",
            "Check everything: `licsync doctor DIR`.",
        ),
        ERROR_OR_WARNING,
        (Exit.CREDENTIALS, Exit.PARTLY),
    ),
    Code.ADDRESS_NOT_ALLOWED: Explanation(
        "licsync does not send a secret to this address, and sent nothing.",
        (
            "The files name an address that is not an https host of 8x8, and `LICSYNC_API_URLS` "
            "does not list its origin.",
            "It is not the address of a server.",
        ),
        (
            "Remove the address from the files.",
            "If you trust it with the secret, list its origin in `LICSYNC_API_URLS`.",
        ),
        ERROR,
        (Exit.CREDENTIALS,),
        "export LICSYNC_API_URLS=http://127.0.0.1:8008",
    ),
    Code.LOCKED: Explanation(
        "Another run works on the account, the organization or the fleet.",
        (
            "Somebody else or a CI job applies a plan.",
            "A run died. Seen from another machine, its lock lasts up to a minute.",
        ),
        (
            "Wait for it. The message says who, since when, and until when.",
            "If that run is certainly dead: `licsync unlock DIR`.",
        ),
        ERROR,
        (Exit.LOCKED,),
    ),
    Code.STORE_FAILED: Explanation(
        "The store cannot be opened, read or written. What was being recorded is not recorded.",
        (
            "The database is out of reach, full, locked, or of a newer licsync.",
            "The file is damaged, or is not a store.",
            "The journal is encrypted, and `LICSYNC_STORE_KEY` is missing or does not fit.",
        ),
        (
            "Follow the hint: make room, reach the database, or update licsync.",
            "Set the key that encrypted the journal. After a change of key, set both: `NEW,OLD`.",
            "Restore a damaged store from a backup. `licsync doctor DIR` checks it.",
        ),
        ERROR_OR_WARNING,
        (Exit.FAILED, Exit.PARTLY),
    ),
    Code.BACKEND_FAILED: Explanation(
        "The backend could not be used. Either nothing was sent, or the run stays open.",
        (
            "The network or 8x8 is down, answers with errors, or limits the requests.",
            "8x8 refused a step, and taking back what belongs to it failed.",
            "The check after an apply could not read the account; then it is a warning.",
        ),
        (
            "Run the command again later. Continue a run with `licsync apply DIR --resume`.",
            "Repair in the console what the message names, then close the run: "
            "`licsync apply DIR --abandon`.",
        ),
        ERROR_OR_WARNING,
        (Exit.FAILED, Exit.PARTLY),
    ),
    Code.RUN_UNFINISHED: Explanation(
        "A run was not finished, so no other run may begin.",
        (
            "The process was killed, or the connection broke.",
            "It is not known what became of a step.",
        ),
        (
            "Continue it: `licsync apply DIR --resume`.",
            "Or close it as it is: `licsync apply DIR --abandon`.",
        ),
        ERROR,
        (Exit.REFUSED, Exit.PARTLY),
    ),
    Code.WORK_ORDER_OPEN: Explanation(
        "A work order is not finished. A new plan may repeat or contradict its items.",
        (
            "People have not done every item, or no export has verified them yet.",
            "Somebody else answered an item or closed the order.",
        ),
        (
            "Do the items, then refresh: `licsync refresh DIR --from EXPORT`.",
            "Or close it: `licsync apply DIR --abandon`.",
        ),
        ERROR_OR_WARNING,
        (Exit.REFUSED,),
    ),
    Code.ACTIONS_LEFT: Explanation(
        "Every action was carried out, and yet the account is not as the files say.",
        ("8x8 ignored or changed a value, or somebody changed the account at the same time.",),
        (
            "Look at what is left, `licsync plan DIR`, and apply it once more.",
            "If the same value is left again, 8x8 refuses it: write the value that 8x8 shows.",
        ),
        ERROR,
        (Exit.PARTLY,),
    ),
    Code.INVENTORY_NOT_KEPT: Explanation(
        "licsync read the account, but could not save what it read in the store. The plan is not "
        "affected.",
        ("The store cannot be written, or holds an inventory of another address.",),
        (
            "Make the store writable, or set `--state` to one that is.",
            "To replace the inventory of another address: `licsync apply DIR` or "
            "`licsync inventory load DIR FILE`.",
        ),
        WARNING,
    ),
    Code.ACCOUNT_IDENTITY: Explanation(
        "The name of the account is bound to another identity than these files have.",
        (
            "Two directories share a store and an account name.",
            "The directory was moved or cloned again.",
            "The inventory is of another 8x8 account.",
        ),
        (
            "Give another account another `name` or another store.",
            "If it is the same account: `licsync store adopt DIR`.",
        ),
        ERROR,
        (Exit.REFUSED,),
    ),
    Code.AUDIT_LOG: Explanation(
        "8x8's audit log cannot be read, so it is unknown who made the changes.",
        ("The audit log is out of reach, or its answer is not understood.",),
        ("Run the command again later. The rest of its output is complete.",),
        WARNING,
    ),
    Code.NOT_TOLD: Explanation(
        "A notification was not sent. What the command did is not affected; only "
        "`licsync notify test` fails.",
        ("The variable with the address is not set, or the server refused the message.",),
        (
            "Set the variable that the message names, in the environment of the job.",
            "Try the channel: `licsync notify test DIR`, or `licsync notify test FLEETFILE`.",
        ),
        ERROR_OR_WARNING,
        (Exit.FAILED,),
    ),
    Code.FLEET_INCOMPLETE: Explanation(
        "The fleet has fewer accounts than its file demands.",
        ("The checkout is incomplete, a pattern changed, or accounts have left.",),
        (
            "Check that the checkout is complete.",
            "If accounts have left, lower `min_accounts`.",
        ),
        ERROR,
        (Exit.REFUSED,),
    ),
    Code.FLEET_ACCOUNT: Explanation(
        "The command of one account of a fleet failed without a diagnostic of its own. Reports "
        "for CI name it.",
        ("The process of the account ended unexpectedly, or ran out of time.",),
        ("Run the same command for that account alone: its output shows what fails.",),
        ERROR,
        (Exit.FAILED, Exit.PARTLY),
    ),
}
"""What each code about a run means."""
