-- create_account: a new account; no row when the name is taken
insert into accounts (name, settings, created_at)
values (%(name)s, %(settings)s, %(now)s)
on conflict (name) do nothing
returning account_id;

-- account_by_name: one account by its name, with its custom fields
select account_id, name, settings, created_at,
       (select json_agg(json_build_array(f.slot, f.name, f.type) order by f.slot)
        from custom_fields f where f.account_id = accounts.account_id and not f.deleted) as custom
from accounts where name = %(name)s;

-- account_by_id: one account by its id, with its custom fields
select account_id, name, settings, created_at,
       (select json_agg(json_build_array(f.slot, f.name, f.type) order by f.slot)
        from custom_fields f where f.account_id = %(account_id)s and not f.deleted) as custom
from accounts where account_id = %(account_id)s;

-- all_accounts: every account, by name
select account_id, name, settings, created_at from accounts order by name;

-- hold_settings: an account, whose settings nobody else changes until the transaction ends
select account_id, name, settings, created_at from accounts where account_id = %(account_id)s for no key update;

-- update_account_settings: replace an account's settings
update accounts set settings = %(settings)s where account_id = %(account_id)s;

-- lock_account: one batch at a time per account, until the transaction ends
select pg_advisory_xact_lock(7301, account_id) from accounts where account_id = %(account_id)s;

-- try_lock_account: the same lock, if it is free
select pg_try_advisory_xact_lock(7301, account_id) as locked from accounts where account_id = %(account_id)s;

-- share_account: keep batches from an account, until the transaction ends, but not others who share it
select pg_advisory_xact_lock_shared(7301, account_id) from accounts where account_id = %(account_id)s;

-- try_share_account: the same, if no batch has it or waits for it
select pg_try_advisory_xact_lock_shared(7301, account_id) as locked from accounts where account_id = %(account_id)s;

-- bound_waiting: whoever waits for a lock in this transaction gives up after so many milliseconds
select set_config('lock_timeout', %(milliseconds)s::text, true);

-- unbound_waiting: wait for locks as long as was chosen for the session
set local lock_timeout to default;
