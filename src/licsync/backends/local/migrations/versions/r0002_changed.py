"""What names the state of an account's records: another one after each change, whoever makes it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_SECTIONS = ("service_addresses", "sites", "policies", "licenses", "users")
_EVENTS = {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}


def upgrade() -> None:
    """Add the column and the triggers that fill it, so that repairs by hand are noticed too."""
    op.add_column(
        "console_accounts", sa.Column("changed", sa.Text, nullable=False, server_default="")
    )
    if op.get_bind().dialect.name == "sqlite":
        _on_sqlite()
    else:
        _on_postgresql()


def _on_sqlite() -> None:
    anew = "UPDATE console_accounts SET changed = lower(hex(randomblob(16))) WHERE account IN"
    for event, rows in {"INSERT": "NEW", "UPDATE OF head": "NEW"}.items():
        name = f"console_accounts_{event.split()[0].lower()}"
        op.execute(
            f"CREATE TRIGGER {name} AFTER {event} ON console_accounts "
            f"BEGIN {anew} ({rows}.account); END"
        )
    for section in _SECTIONS:
        for event, sides in _EVENTS.items():
            accounts = ", ".join(f"{side}.account" for side in sides)
            op.execute(
                f"CREATE TRIGGER console_{section}_{event.lower()} AFTER {event} "
                f"ON console_{section} "
                f"BEGIN {anew} ({accounts}); END"
            )
    op.execute("UPDATE console_accounts SET changed = lower(hex(randomblob(16)))")


def _on_postgresql() -> None:
    op.execute("ALTER TABLE console_accounts ALTER COLUMN changed SET DEFAULT gen_random_uuid()")
    op.execute("UPDATE console_accounts SET changed = gen_random_uuid()")
    op.execute(
        "CREATE FUNCTION console_account_changed() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN NEW.changed := gen_random_uuid(); RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER console_accounts_update BEFORE UPDATE OF head ON console_accounts "
        "FOR EACH ROW EXECUTE FUNCTION console_account_changed()"
    )
    op.execute(
        "CREATE FUNCTION console_records_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "UPDATE console_accounts SET changed = gen_random_uuid() "
        "WHERE account IN (SELECT account FROM touched); "
        "RETURN NULL; END $$"
    )
    for section in _SECTIONS:
        for event, sides in _EVENTS.items():
            # a trigger of rows, not of one statement, would write as often as there are rows
            for side in sides:
                op.execute(
                    f"CREATE TRIGGER console_{section}_{event.lower()}_{side.lower()} "
                    f"AFTER {event} "
                    f"ON console_{section} REFERENCING {side} TABLE AS touched "
                    f"FOR EACH STATEMENT EXECUTE FUNCTION console_records_changed()"
                )
