"""Explanations of the codes about plans."""

from __future__ import annotations

from collections.abc import Mapping

from licsync.diagnostics import Code
from licsync.diagnostics.exit_codes import Exit
from licsync.diagnostics.explanations.explanation import (
    ANY,
    ERROR,
    ERROR_OR_INFO,
    ERROR_OR_WARNING,
    INFO,
    WARNING,
    WARNING_OR_INFO,
    Explanation,
)

PLANS: Mapping[Code, Explanation] = {
    Code.LICENSE_SHORTAGE: Explanation(
        "The files need more licenses of a type and country than can be assigned.",
        (
            "All units are assigned, and no other action of the plan frees one.",
            "The remaining units are suspended: those of inactive users cannot be assigned, and "
            "removed ones must be reinstated first.",
            "No list of the licenses was read, so unassigned ones are unknown. 8x8's API and an "
            "export of users show only those that users hold.",
            "The plan is narrowed, and leaves out the users who would free a license.",
        ),
        (
            "Read a list of the licenses, or include the users whom the hint names.",
            "Order the missing licenses from 8x8, and refresh the inventory when they are there.",
            "Raise `quantity` in the pool to reinstate units that 8x8 removed up to 30 days ago.",
            "Assign fewer, or choose another type.",
        ),
        ERROR,
        (Exit.REFUSED,),
        "error[license-shortage] users/sales.yaml:4:3: X4 · US: need 41, 40 available (1 short).",
    ),
    Code.CALLS_UNANSWERED: Explanation(
        "After the plan, calls reach nobody.",
        (
            "Somebody forwards calls to a number that the plan releases, or whose user it "
            "deactivates.",
            "The plan takes the last active member out of a ring group or call queue, or "
            "deactivates it.",
            "Forwarding rules of several users lead in a circle, also through a ring group.",
        ),
        (
            "Change `call_forwarding` of those whom the warning names, or give the number to "
            "somebody else in the same plan.",
            "Add a member to the group in 8x8's console, or delete the group there.",
        ),
        WARNING,
    ),
    Code.ORDER_MORE: Explanation(
        "The pool declares more licenses than the account owns.",
        (
            "Licenses were not ordered yet, or 8x8 removed some of them over 30 days ago.",
            "No list of the licenses was read, so unassigned ones are unknown.",
        ),
        ("Read a list of the licenses, as the hint says.", "Order them, or lower `quantity`."),
        WARNING,
    ),
    Code.SPARE_LICENSES: Explanation(
        "The account owns more licenses than the pool declares.",
        ("Fewer are needed, or somebody ordered more than the files say.",),
        (
            "Cancel them with 8x8. Unassign them first; a cancellation takes 30 days or more.",
            "Raise `quantity` to keep them.",
        ),
        WARNING,
    ),
    Code.LIMIT_EXCEEDED: Explanation(
        "The plan has more actions of one verb than a limit allows, or a list of people is too "
        "short to be complete.",
        (
            "A mistake in the files would suspend, unassign, downgrade or delete many users.",
            "The change is intended, and larger than `account.limits` or the default limit.",
            "The operator's `LICSYNC_LIMITS` is lower; no file can raise it.",
        ),
        (
            "Read the plan. If it is intended, add an approval to the files, or raise the limit "
            "for one run: `--allow VERB=N`.",
            "Check that a list of people was not cut short.",
        ),
        ERROR,
        (Exit.REFUSED,),
    ),
    Code.PROTECTED_USER: Explanation(
        "The plan would suspend, unassign, downgrade or delete a protected user. A list of people "
        "only warns: the user stays.",
        ("`account.protected_users` names the user.",),
        (
            "Leave the user out: `--exclude users/NAME`.",
            "If it is intended, remove the user from `protected_users`.",
        ),
        ERROR_OR_WARNING,
        (Exit.REFUSED,),
    ),
    Code.PROBABLE_RENAME: Explanation(
        "The plan would remove a user whom no file names, and who is probably a user of the files "
        "with another user name. It is a warning if the plan only suspends, or if the only "
        "sign is one that two people can share, such as a similar user name.",
        (
            "Somebody mistyped a user name in the console, or renamed the wrong user.",
            "The files have a new user name, and `previously` is missing.",
        ),
        (
            "If it is the same person, correct the user name in the console, or write "
            "`previously: NAME`.",
            "If it is somebody else: `acknowledge: [{probable-rename: REASON}]` below the user, or "
            "leave the user out with `--exclude users/NAME`.",
        ),
        ERROR_OR_WARNING,
        (Exit.REFUSED,),
    ),
    Code.RULE_BROKEN: Explanation(
        "The plan breaks a rule of your own files. Rules of the level `warn` only warn.",
        ("An action, a user or the plan matches what a rule under `rules:` denies.",),
        (
            "Change what the message names, or follow the rule's own hint.",
            "If the rule needs an approval, add it under `approvals:`.",
        ),
        ERROR_OR_WARNING,
        (Exit.REFUSED,),
    ),
    Code.APPROVED: Explanation(
        "The plan exceeds a limit or breaks a rule, and an approval in the files allows it.",
        ("`approvals:` names the verb or rule, with a count, a reason and a day of expiry.",),
        ("Nothing. Remove the approval when it is no longer needed.",),
        INFO,
    ),
    Code.LOSS_NOT_ALLOWED: Explanation(
        "A change of license would lose something whose loss nobody has allowed.",
        (
            "8x8's API cannot change a license in place: it unassigns one and assigns another, "
            "and what the message names is gone.",
        ),
        (
            "Change the license in the console, which keeps what both types share.",
            "Allow it: `allow_loss: true` in the user's entry, or `--allow-loss` for one run.",
        ),
        ERROR,
        (Exit.REFUSED,),
    ),
    Code.BRANCH_BEHIND: Explanation(
        "The branch lacks commits of its base that changed these files, and would undo them.",
        ("Somebody merged a change of the account after the branch began (`--base`).",),
        ("Bring the branch up to date, such as with `git merge`, and plan again.",),
        ERROR,
        (Exit.REFUSED,),
    ),
    Code.INVENTORY_STALE: Explanation(
        "The exports that the plan relies on are older than the account allows, or there are none.",
        (
            "Nobody refreshed the inventory within `backend.inventory_max_age`.",
            "No export of the console was ever read.",
        ),
        (
            "Export the lists again, and run `licsync refresh DIR --from EXPORT`.",
            "If older exports are good enough, raise `inventory_max_age`.",
        ),
        ERROR_OR_WARNING,
        (Exit.REFUSED,),
    ),
    Code.PLAN_NARROWED: Explanation(
        "The plan covers only a part of the account, and that part cannot be applied by itself or "
        "is empty.",
        (
            "A user of the plan needs a number that a user outside `--target` has to release.",
            "The part has no changes; the rest of the account may differ from the files.",
            "Changes need a resource that `--exclude` leaves out, so they are left out too.",
        ),
        ("Include the user whom the hint names, or plan the whole account.",),
        ERROR_OR_INFO,
        (Exit.REFUSED,),
    ),
    Code.PLAN_STALE: Explanation(
        "The account or the plan is not what was approved, so nothing more is applied.",
        (
            "A record that the plan touches has changed, is gone, or is new.",
            "The digest differs from the approved one, or the plan is for another account.",
            "A run that is resumed finds records that somebody else changed.",
        ),
        (
            "Make a new plan, and approve it again.",
            "Close a run that cannot continue: `licsync apply DIR --abandon`.",
        ),
        ERROR,
        (Exit.REFUSED, Exit.PARTLY),
        "error[plan-stale] The plan is stale: users/ada.lopez@acme.example has changed since "
        "2026-11-24T09:00:00Z. Nothing was changed.",
    ),
    Code.PLAN_EXPIRED: Explanation(
        "A saved plan is too old, or was made for a later day.",
        ("More than seven days have passed, or `--now` named a day that has not come.",),
        ("Make a new plan, or apply the plan on its day.",),
        ERROR,
        (Exit.REFUSED,),
    ),
    Code.PLAN_ALTERED: Explanation(
        "A saved plan, the plan of a run, or the history is not as licsync wrote it.",
        ("Somebody edited the file or the store, or a copy was cut off.",),
        (
            "Make the plan again: `licsync plan DIR --out FILE`.",
            "Check the history: `licsync history verify DIR`. Restore the store from a backup.",
        ),
        ERROR,
        (Exit.REFUSED,),
    ),
    Code.PLAN_VERSION: Explanation(
        "Another version of licsync wrote a saved plan, and this version cannot apply it or read "
        "it.",
        (
            "licsync was updated after the plan was made, and digests meant something else before.",
            "A newer licsync wrote it, with parts that this version does not know.",
        ),
        ("Make the plan again with this version: `licsync plan DIR --out FILE`.",),
        ERROR,
        (Exit.REFUSED,),
    ),
    Code.PLAN_APPLIED: Explanation(
        "A saved plan was applied already, or a run was undone already. Each can be done once.",
        ("A job ran twice, or two people applied the same plan.",),
        ("Plan again: if everything is done, the new plan is empty.",),
        ERROR,
        (Exit.REFUSED,),
    ),
    Code.MANUAL_STEP: Explanation(
        "People have to do a part of the plan in 8x8's Admin Console.",
        (
            "The backend cannot make the change, or the account has no API key.",
            "Other actions wait for it, or no export shows whether it was done.",
        ),
        (
            "Take the checklist: `licsync plan DIR --format runbook`.",
            "Refresh afterwards. What no export shows: `licsync inventory confirm DIR`.",
        ),
        INFO,
    ),
    Code.IDENTITY_PROVIDER: Explanation(
        "An identity provider owns a user, so licsync leaves what it controls unchanged.",
        ("The user is provisioned over SCIM, and 8x8 lets one SCIM client write.",),
        ("Make the change at the provider, or remove it from the files.",),
        WARNING_OR_INFO,
    ),
    Code.REACTIVATION_MISSING: Explanation(
        "A user is or stays inactive, although a license or a list suggests otherwise.",
        (
            "The files assign a license to an inactive user; 8x8 suspends it at once.",
            "A list names somebody who has left, and does not say that the person is back.",
        ),
        (
            "Write `status: active`, and remove `offboard_on` if its day has passed.",
            "Or remove the license.",
        ),
        WARNING,
    ),
    Code.OVERDUE: Explanation(
        "A date asked for an action before today, and it was not applied.",
        ("No job applies what is due, or its run failed.",),
        (
            "Run `licsync apply DIR --due`, and let a job run it every day.",
            "If nothing is to happen, remove the date from the files, or write a later one.",
        ),
        WARNING,
    ),
    Code.SCHEDULED: Explanation(
        "A plan made with `--due` changes a license for which no date asks.",
        (
            "Another license of the user has `from` or `until`. licsync applies the licenses of a "
            "user together, because a part of them may be a combination that nobody declared.",
        ),
        ("Nothing, if that is right. Else declare the licenses that the user should keep.",),
        INFO,
    ),
    Code.RENEWAL: Explanation(
        "Licenses renew soon, or the day of their renewal has passed.",
        ("The pool has `renews_on`, and the day or the last day for notice is near.",),
        (
            "See what is used, and give notice for what is not: `licsync licenses DIR`.",
            "After the renewal, write the next day in `renews_on`.",
        ),
        WARNING_OR_INFO,
    ),
    Code.WHAT_IF: Explanation(
        "Something limits a plan that is only assumed (`--what-if`), or somebody tries to apply "
        "such a plan.",
        (
            "A pool has no price, so its cost is unknown.",
            "A user has left and gets no license, whatever is assumed.",
            "`licsync apply` got a plan made with `--what-if`.",
        ),
        ("Add what is missing. To apply, plan without `--what-if`.",),
        ANY,
        (Exit.REFUSED,),
    ),
    Code.NUMBER_UNKNOWN: Explanation(
        "8x8 does not list a phone number among those of the account, so it may refuse it.",
        ("The number was not ordered or ported yet, or is misspelled.",),
        ("Order or port it first, or correct the number.",),
        WARNING,
    ),
    Code.NUMBER_PORTING: Explanation(
        "A phone number is still being ported, so 8x8 may refuse it until that is done.",
        ("The port was ordered, and the former carrier has not released the number.",),
        ("Wait until it is ported, or use the temporary number that the hint names.",),
        WARNING,
    ),
    Code.HOLDERS_UNKNOWN: Explanation(
        "licsync cannot see which phone or extension numbers are free.",
        ("The API key may not read ring groups or phone numbers.",),
        ("Give the key the product that the hint names, in the Admin Console.",),
        WARNING,
    ),
    Code.NOT_UNDONE: Explanation(
        "The undo of a run leaves something different from what it was before the run.",
        (
            "It cannot be restored, such as a deleted user or a removed license.",
            "Somebody changed it since the run.",
        ),
        ("Restore in the console what the message names, where it matters.",),
        WARNING_OR_INFO,
    ),
    Code.OTHER_ADDRESS: Explanation(
        "The account connects to an address that is not 8x8's.",
        (
            "`backend.base_url`, `backend.scim.url` or `LICSYNC_SCIM_URL` names another server, "
            "such as a simulator.",
        ),
        ("Remove the address to connect to 8x8.",),
        WARNING,
    ),
}
"""What each code about a plan means."""
