"""The records of the console, section by section, and who holds which number."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "console_accounts",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("head", sa.Text, nullable=False),
    )
    _section("service_addresses", sa.Column("content", sa.Text, nullable=False))
    op.create_index(
        "console_service_addresses_content", "console_service_addresses", ["account", "content"]
    )
    _section("sites", sa.Column("service_address", sa.Text))
    op.create_index("console_sites_address", "console_sites", ["account", "service_address"])
    _section("policies")
    _section(
        "licenses",
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("country", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("holder", sa.Text),
        sa.Column("service_address", sa.Text),
    )
    op.create_index("console_licenses_address", "console_licenses", ["account", "service_address"])
    op.create_index(
        "console_licenses_pool", "console_licenses", ["account", "type", "country", "status"]
    )
    _section(
        "users",
        sa.Column("folded", sa.Text, nullable=False),
        sa.Column("id", sa.Text),
        sa.Column("site", sa.Text),
        sa.Column("policy", sa.Text),
        sa.UniqueConstraint("account", "folded", name="console_users_folded"),
    )
    for column in ("id", "site", "policy"):
        op.create_index(f"console_users_{column}", "console_users", ["account", column])
    op.create_table(
        "console_numbers",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("space", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("account", "space", "value", name="console_numbers_key"),
        sa.ForeignKeyConstraint(
            ["account", "holder"],
            ["console_users.account", "console_users.name"],
            name="console_numbers_holder",
            ondelete="CASCADE",
        ),
    )
    op.create_index("console_numbers_of_user", "console_numbers", ["account", "holder"])


def _section(name: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        f"console_{name}",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        *columns,
        sa.UniqueConstraint("account", "name", name=f"console_{name}_name"),
        sa.ForeignKeyConstraint(
            ["account"], ["console_accounts.account"], name=f"console_{name}_account"
        ),
    )
