"""Explanations of the codes about files, tables and inventories."""

from __future__ import annotations

from collections.abc import Mapping

from licsync.diagnostics import Code
from licsync.diagnostics.exit_codes import Exit
from licsync.diagnostics.explanations.explanation import (
    ANY,
    ERROR,
    ERROR_OR_WARNING,
    INFO,
    WARNING,
    WARNING_OR_INFO,
    Explanation,
)

FILES: Mapping[Code, Explanation] = {
    Code.YAML_SYNTAX: Explanation(
        "A file is not YAML that licsync reads, or licsync cannot edit it safely.",
        (
            "A quotation mark is not closed, a tab indents a line, or a merge conflict is left.",
            "The file uses a tag, a merge key (`<<`), `%YAML 1.1` or a second document.",
            "The file is larger or nested deeper than the limits allow.",
        ),
        (
            "Correct the place that the message names; a quotation mark may open further above.",
            "Use `templates:` for shared values instead of merge keys.",
        ),
        ERROR,
        (Exit.FAILED,),
        "users:\n  ada.lopez@acme.example:\n    job_title: 'Account Executive",
    ),
    Code.DUPLICATE_KEY: Explanation(
        "One mapping has the same key twice, so one of the two values would be lost.",
        ("Somebody copied an entry, or a merge kept both versions of a line.",),
        ("Remove one of them, or merge both values. The message names the place of the first.",),
        ERROR,
        (Exit.FAILED,),
        "users:\n  ada.lopez@acme.example:\n    site: Seattle\n    site: Denver",
    ),
    Code.UNKNOWN_KEY: Explanation(
        "licsync does not know a key. It ignores no key, because a misspelled one would have no "
        "effect.",
        (
            "The key is misspelled, is at the wrong level, or belongs to another file.",
            "A secret is in the files: licsync reads secrets from the environment.",
            "A mapping file or a list names a field that does not exist.",
        ),
        (
            "Write the key that the hint suggests. The YAML reference lists every key.",
            "To keep a note for people, write a comment.",
        ),
        ERROR,
        (Exit.FAILED,),
        "users:\n  ada.lopez@acme.example:\n    licenses_: [x4]",
    ),
    Code.DEPRECATED: Explanation(
        "Something still works, and a later version removes it.",
        ("An option, value or key has a new form. The message names the version without it.",),
        ("Use what the hint names. The page on compatibility says how long the old form works.",),
        WARNING,
    ),
    Code.INVALID_VALUE: Explanation(
        "A value, an option or an input cannot be used as it is. This code covers everything that "
        "has no code of its own; the message names the value and the reason.",
        (
            "A field has a value of another type or form, such as a day that does not exist.",
            "An option contradicts another one, or names what is not there.",
            "A file or an address cannot be read, written or reached.",
            "A setting has no effect; then it is a warning.",
        ),
        ("Follow the hint. The YAML reference shows the form of every value.",),
        ERROR_OR_WARNING,
        (Exit.FAILED,),
        "users:\n  ada.lopez@acme.example:\n    offboard_on: 2026-02-30",
    ),
    Code.UNKNOWN_REFERENCE: Explanation(
        "A name refers to something that neither the files nor the inventory have. If licsync has "
        "never seen an inventory, it is a warning. A `null` that deletes nothing is a note.",
        (
            "The name of a site, policy, template, user, rule or license type is misspelled.",
            "The files delete it with `null`, or name it before anybody creates it.",
            "A license type of an export is not in the catalog.",
            "A pattern of a fleet file matches no account.",
        ),
        (
            "Write the name that the hint suggests, or declare what is missing.",
            "If somebody created it in the console, load a new inventory.",
        ),
        ANY,
        (Exit.FAILED,),
        "users:\n  ada.lopez@acme.example:\n    template: sales-rpe",
    ),
    Code.DUPLICATE_NAME: Explanation(
        "Two entries claim the same name or identity. A warning means that it may be intended, as "
        "with a shared e-mail address.",
        (
            "A user, site, policy or pool is declared in two files. User names ignore case.",
            "Two users have one `external_id`, `previously` or e-mail address.",
            "One directory holds two accounts, or two names of a fleet lead to one directory.",
            "A row of a list matches two people.",
        ),
        (
            "Remove one of the two, or merge them. The message names both places.",
            "Acknowledge a shared e-mail address: `acknowledge: [{duplicate-name: REASON}]`.",
        ),
        ERROR_OR_WARNING,
        (Exit.FAILED,),
    ),
    Code.DUPLICATE_EXTENSION: Explanation(
        "An extension number is declared twice, or somebody else has it and keeps it.",
        (
            "Two users of the files declare the number.",
            "A user whom the files do not change, or a ring group or queue, has the number.",
        ),
        (
            "Choose another number, or declare another one for whoever has it.",
            "Release the number in the console if a ring group or queue has it.",
        ),
        ERROR,
        (Exit.FAILED,),
    ),
    Code.DUPLICATE_PHONE_NUMBER: Explanation(
        "A phone number is declared twice, or somebody else has it and keeps it.",
        (
            "Two users of the files declare the number, or one user declares it twice.",
            "A user whom the files do not change, or a ring group or queue, has the number.",
        ),
        (
            "Choose another number, or declare another one for whoever has it.",
            "To move a number, remove it from one user and add it to the other in the same plan.",
        ),
        ERROR,
        (Exit.FAILED,),
    ),
    Code.INCOMPATIBLE_LICENSES: Explanation(
        "A user would hold license types that cannot be combined.",
        (
            "The user has two licenses of one plane, such as X2 and X4.",
            "One type excludes the other in the catalog.",
        ),
        (
            "Keep one of them. If a template adds the other one, write `licenses` in the user's "
            "entry: it overrides the template.",
        ),
        ERROR,
        (Exit.FAILED,),
        "users:\n  ada.lopez@acme.example:\n    licenses: [x2, x4]",
    ),
    Code.MISSING_LICENSE: Explanation(
        "A license type needs another one that the user does not have.",
        ("An add-on is declared without the license that it extends.",),
        ("Add one of the types that the hint names, or remove the add-on.",),
        ERROR,
        (Exit.FAILED,),
    ),
    Code.FEATURE_NEEDS_LICENSE: Explanation(
        "A license type does not have a declared feature. If the catalog does not say, or only "
        "existing extensions keep the feature, it is a warning.",
        ("The feature belongs to a higher type, or the user's type was changed to a lower one.",),
        (
            "Choose one of the types that the hint names, or remove the feature.",
            "If your type has it, say so under `catalog:`.",
        ),
        ERROR_OR_WARNING,
        (Exit.FAILED,),
    ),
    Code.DEVICE_NEEDS_LICENSE: Explanation(
        "A license type does not work with the declared equipment, such as a desk phone.",
        ("The extension of such a license has `devices`.",),
        ("Remove the device, or choose a license type that works with it.",),
        ERROR,
        (Exit.FAILED,),
    ),
    Code.USER_NEEDS_SITE: Explanation(
        "A user without a site cannot get a license: 8x8 creates the extension at the site.",
        ("Neither the user, nor a template, nor the inventory states the site.",),
        ("Write `site:` in the user's entry or in a template.",),
        ERROR,
        (Exit.FAILED,),
    ),
    Code.INVENTORY_INVALID: Explanation(
        "An inventory cannot be used. A doubt, such as the name of another account or a suspension "
        "on a later day, is a warning.",
        (
            "The document breaks a rule: a license is held twice, or a service has no license.",
            "The file is missing or is not an inventory document.",
            "What should be recorded as done by hand contradicts the inventory.",
        ),
        (
            "Correct every fault that the messages name, or make a new document with "
            "`licsync inventory dump`.",
            "Load the inventory of this account: `licsync inventory load DIR FILE`.",
        ),
        ERROR_OR_WARNING,
        (Exit.FAILED,),
    ),
    Code.ACKNOWLEDGED: Explanation(
        "Doubts are not reported, because the files acknowledge them. A warning names an "
        "acknowledgement that matches nothing.",
        ("The files have `acknowledge:` with a code and a reason.",),
        ("Remove an acknowledgement that matches nothing: it would hide the next doubt.",),
        WARNING_OR_INFO,
    ),
    Code.LICENSE_ABROAD: Explanation(
        "A user is at a site in one country and has a license of another, which is probably taxed "
        "in the wrong country.",
        (
            "The user's license names a `country` other than that of the site.",
            "The user moved to a site abroad, and the files do not manage its licenses.",
        ),
        (
            "Remove `country:`, or declare licenses, to use one of the site's country.",
            "If it is intended: `acknowledge: [{license-abroad: REASON}]`.",
        ),
        WARNING,
    ),
    Code.ADDRESS_ABROAD: Explanation(
        "A license would be bound to a service address in another country than its own.",
        ("`service_address` or `unassigned_address` names an address abroad.",),
        (
            "Name an address in the license's country, or use a license of that country.",
            "If it is intended: `acknowledge: [{address-abroad: REASON}]`.",
        ),
        WARNING,
    ),
    Code.NUMBER_ABROAD: Explanation(
        "A phone number is not from the country of its license.",
        ("The number has another country code, or the user moved and kept the number.",),
        (
            "Correct the number, or use a license of the number's country.",
            "If it is intended: `acknowledge: [{number-abroad: REASON}]`.",
        ),
        WARNING,
    ),
    Code.UNKNOWN_TIME_ZONE: Explanation(
        "No time zone has this name.",
        ("The zone of a user or site is misspelled, or is an abbreviation such as PST.",),
        (
            "Write a name such as `America/Los_Angeles`; the hint suggests one.",
            "If 8x8 knows it: `acknowledge: [{unknown-time-zone: REASON}]`.",
        ),
        WARNING,
    ),
    Code.DUPLICATE_DEVICE: Explanation(
        "Two users have the same desk phone: one MAC address.",
        ("The address was copied, or the phone moved and its former user still declares it.",),
        (
            "Remove the device from one of them.",
            "If they share it: `acknowledge: [{duplicate-device: REASON}]`.",
        ),
        WARNING,
    ),
    Code.FORWARDING_LOOP: Explanation(
        "Calls are forwarded to the user's own number. If the inventory has the rule already, it "
        "is a warning.",
        ("`call_forwarding` names the user's extension or phone number, in any spelling.",),
        (
            "Forward to another number, or remove the rule.",
            "If it is intended: `acknowledge: [{forwarding-loop: REASON}]`.",
        ),
        ERROR_OR_WARNING,
        (Exit.FAILED,),
    ),
    Code.FORWARDING_TARGET: Explanation(
        "Calls are forwarded to something that is neither an extension number nor a complete "
        "phone number. If the inventory has the rule already, it is a warning.",
        ("The number lacks `+` and the country code, or is text.",),
        (
            "Write an extension number, or a phone number such as `+12065550101`.",
            "If it is intended: `acknowledge: [{forwarding-target: REASON}]`.",
        ),
        ERROR_OR_WARNING,
        (Exit.FAILED,),
    ),
    Code.LEFT_OUT: Explanation(
        "A part of the input is not used. It is an error if licenses, numbers or people would be "
        "lost silently, otherwise a warning or a note.",
        (
            "A column or sheet with licenses or numbers has a heading that licsync does not know.",
            "A row is an example, repeats the headings, or ends early.",
            "The files of an import cannot express it, or it would change the account.",
        ),
        (
            "Give the column a known heading, or map it (`columns:`).",
            "Ignore it knowingly: `--ignore-column`.",
        ),
        ANY,
        (Exit.FAILED,),
    ),
    Code.LEFT_AS_IS: Explanation(
        "Something stays as it is, although the files or a list may suggest a change.",
        (
            "A user has left already, is inactive, or waits for another rename.",
            "A suspended license cannot be bound to another address now.",
            "A service address is read as an existing one that is spelled differently.",
            "`unassigned_address` asks for more unassigned licenses than there are.",
            "Somebody is missing from a list, but does not leave for a reason that is named.",
        ),
        ("Nothing, if that is right. Else change what the message names.",),
        WARNING_OR_INFO,
    ),
    Code.EXPORT_OLDER: Explanation(
        "An export is older than the inventory, or it is old and would count as today's.",
        (
            "Somebody read last week's export again.",
            "A copy or a checkout changed the times of the files; then it is a warning.",
        ),
        (
            "Make a new export.",
            "Give its date: `--as-of DAY`. To return to the older data: `--allow-older`.",
        ),
        ERROR_OR_WARNING,
        (Exit.REFUSED,),
    ),
    Code.EXPORT_INCOMPLETE: Explanation(
        "An export lacks users or licenses that the account had, so it may be incomplete.",
        (
            "The list was filtered or cut off, or exported by somebody with fewer rights.",
            "The lists of users and of licenses are from different times.",
            "The users or licenses are really gone.",
        ),
        (
            "Export again, both lists at the same time and without filters.",
            "If it is complete: `--allow-missing N`. If it lists only a part: `--partial`.",
        ),
        ERROR,
        (Exit.REFUSED,),
    ),
    Code.UNLISTED_USER: Explanation(
        "Users of the inventory are in no file, or one of them looks like a new user of the files.",
        ("Somebody created the users in the console, or the files cover a part of the account.",),
        (
            "Add them to the files, or say what becomes of them: `account.unlisted_users`.",
            "If the new user is a rename, write `previously: OLD NAME`.",
        ),
        INFO,
    ),
}
"""What each code about the input means."""
