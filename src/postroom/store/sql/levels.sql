-- any_optouts: whether an account has any opt-out
select exists (select from optouts where account_id = %(account_id)s) as found;

-- any_universal: whether any address is opted out of the whole system
select exists (select from universal_optouts) as found;

-- standing_scopes: which addresses are opted out of which of some scopes (its place), and why, as lines with tabs
select string_agg(address || E'\t' || array_position(%(scopes)s::text[], scope) || E'\t' || reason, E'\n') as lines from optouts
where account_id = %(account_id)s and scope = any(%(scopes)s)
  and address = any(array(select unnest(%(addresses)s::text[])));

-- standing_universal: which of these addresses are opted out of the whole system, a line each
select string_agg(address, E'\n') as lines from universal_optouts
where address = any(array(select unnest(%(addresses)s::text[])));

-- add_universal: opt addresses out of the whole system; those that were not yet, a line each
with added as (
    insert into universal_optouts (address, account_id, drop_id, since_at)
    select address, %(account_id)s, %(drop_id)s, %(now)s from unnest(%(addresses)s::text[]) as address
    on conflict (address) do nothing
    returning address
)
select string_agg(address, E'\n') as lines from added;

-- universal_of_address: since when an address is opted out of the whole system
select address, since_at from universal_optouts where address = %(address)s;

-- optouts_of_lists: who is opted out of any of some lists, with the strongest reason; reads all opt-outs of the account
select address, max(reason) as reason from optouts
where account_id = %(account_id)s and scope = any(%(scopes)s)
group by address
order by address;

-- levels_of_address: every opt-out of an address from lists, and since when
select o.scope, o.address, o.reason, a.acted_at as since_at
from optouts o join consent_acts a on a.account_id = o.account_id and a.act_id = o.act_id
where o.account_id = %(account_id)s and o.address = %(address)s and o.scope like 'list:%%'
order by o.scope;
