"""What a campaign asks of its partner, checked against the account as it is now."""

from __future__ import annotations

from postroom.contacts.channels import Channel
from postroom.contacts.errors import Refused
from postroom.contacts.partners import PartnerOrder, partner_order
from postroom.sending.partners.writing import check_columns
from postroom.store import accounts, logins
from postroom.store.campaigns import Options
from postroom.store.database import Connection


def order_of(connection: Connection, account_id: int, channel: Channel, options: Options) -> PartnerOrder:
    """Return what a partner gets; raise Refused for columns or a login that the account has not."""
    order = partner_order(channel, options.partner or {})
    check_columns(order, accounts.account_by_id(connection, account_id).settings)
    if order.login is not None:
        found = logins.login_by_name(connection, order.login)
        if found is None or found.account_id != account_id:
            raise Refused(f"There is no login '{order.login}' of this account.", code="BAD_LOGIN")
    return order
