-- has_optouts: whether an account has any opt-out of a scope
select exists (select from optouts where account_id = %(account_id)s and scope = %(scope)s) as found;

-- begin_act: who causes the changes that follow, and by what
insert into consent_acts (account_id, scope, source, drop_id, by_whom, acted_at, campaign_id, message_id)
values (
    %(account_id)s, %(scope)s, %(source)s, %(drop_id)s, %(by_whom)s, %(acted_at)s, %(campaign_id)s, %(message_id)s
)
returning act_id;

-- standing_optouts: which of these addresses are opted out, and why (a number), as lines with a tab between
select string_agg(address || E'\t' || reason, E'\n') as lines from optouts
where account_id = %(account_id)s and scope = %(scope)s and address = any(array(select unnest(%(addresses)s::text[])));

-- raise_optouts: give opt-outs a stronger reason
update optouts set reason = %(reason)s, act_id = %(act_id)s
where account_id = %(account_id)s and scope = %(scope)s and address = any(array(select unnest(%(addresses)s::text[])));

-- lift_optouts: addresses may be used again, if that was their reason; which were, as lines with a tab between
with lifted as (
    delete from optouts
    where account_id = %(account_id)s and scope = %(scope)s and reason = any(%(reasons)s)
      and address = any(array(select unnest(%(addresses)s::text[])))
    returning address, reason
)
select string_agg(address || E'\t' || reason, E'\n') as lines from lifted;

-- optouts_of_addresses: every opt-out of the given addresses
select o.scope, o.address, o.reason, a.acted_at as since_at
from optouts o join consent_acts a on a.account_id = o.account_id and a.act_id = o.act_id
where o.account_id = %(account_id)s
  and (o.scope, o.address) in (select * from unnest(%(scopes)s::text[], %(addresses)s::text[]))
order by o.scope, o.address;

-- count_optouts: how many addresses are opted out, by scope and reason
select scope, reason, count(*) as addresses from optouts
where account_id = %(account_id)s
group by scope, reason
order by scope, reason;

-- consent_history: what the ledger says of an address, newest first
select a.acted_at, a.scope, a.source, a.drop_id, a.by_whom, c.line, c.was, c.became
from consent_changes c join consent_acts a on a.account_id = c.account_id and a.act_id = c.act_id
where c.account_id = %(account_id)s and c.address = %(address)s
order by a.act_id desc
limit %(limit)s;

-- addresses_between: the addresses of the contacts in a range of ids, a line each
select string_agg({field}, E'\n') as lines from contacts
where account_id = %(account_id)s and contact_id > %(after)s and contact_id <= %(upto)s;

-- count_contacts_reached: how many of these addresses some contact has
select count(*) as reached
from unnest(%(addresses)s::text[]) as given (address)
where exists (select from contacts where account_id = %(account_id)s and {field} = given.address);
