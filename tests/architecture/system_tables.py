"""Which tables belong to the system as a whole. All others belong to accounts and can be sharded by them."""

from __future__ import annotations

# Small, and the same on every node of a cluster.
SYSTEM_TABLES = frozenset(
    {
        "accounts",
        "logins",
        "login_keys",
        "login_failures",
        "dispatch_references",
        "api_clients",
        "signing_keys",
        "realms",
        "realm_clients",
        "universal_optouts",
        "schema_migrations",
    }
)

# The queue's own; procrastinate makes and reads them.
QUEUE_PREFIX = "procrastinate_"


def belongs_to_the_system(table: str) -> bool:
    """Tell whether a table needs no account_id."""
    return table in SYSTEM_TABLES or table.startswith(QUEUE_PREFIX)
