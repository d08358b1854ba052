-- lock_locations: nobody else changes which flows of an account go where until the transaction ends
select pg_advisory_xact_lock(7330, account_id) from accounts where account_id = %(account_id)s;

-- add_location: a new location; no row when its name is taken
insert into locations
    (account_id, name, protocol, host, port, folder, username, secret, public_key, host_key, authority, created_at)
values (
    %(account_id)s, %(name)s, %(protocol)s, %(host)s, %(port)s, %(folder)s, %(username)s, %(secret)s, %(public_key)s,
    %(host_key)s, %(authority)s, %(now)s
)
on conflict (account_id, name) do nothing
returning name;

-- change_location: a location as it is from now on
update locations
set protocol = %(protocol)s, host = %(host)s, port = %(port)s, folder = %(folder)s, username = %(username)s,
    secret = %(secret)s, public_key = %(public_key)s, host_key = %(host_key)s, authority = %(authority)s
where account_id = %(account_id)s and name = %(name)s;

-- location_by_name: one location
select account_id, name, protocol, host, port, folder, username, secret, public_key, host_key, authority, created_at
from locations
where account_id = %(account_id)s and name = %(name)s;

-- locations_of_account: all locations of an account, by name
select account_id, name, protocol, host, port, folder, username, secret, public_key, host_key, authority, created_at
from locations
where account_id = %(account_id)s
order by name;

-- any_hosted: whether an account has a location that is kept here
select exists (
    select from locations where account_id = %(account_id)s and protocol = 'hosted'
) as found;

-- delete_location: remove a location
delete from locations where account_id = %(account_id)s and name = %(name)s returning name;
