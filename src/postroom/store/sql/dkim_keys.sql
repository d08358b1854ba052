-- add_dkim_key: keep a key, which waits; no row when the account has one of that domain and selector
insert into dkim_keys (account_id, domain, selector, kind, public_key, sealed_secret, created_at)
values (%(account_id)s, %(domain)s, %(selector)s, %(kind)s, %(public_key)s, %(sealed_secret)s, %(now)s)
on conflict (account_id, domain, selector) do nothing
returning selector;

-- activate_dkim_key: let a key sign, instead of the one of its domain and kind that did
update dkim_keys set activated_at = %(now)s
where account_id = %(account_id)s and domain = %(domain)s and selector = %(selector)s
returning selector;

-- dkim_keys_of_account: an account's keys without their secrets, and what each does
select domain, selector, kind, public_key, created_at, activated_at,
       case
           when activated_at is null then 'waiting'
           when selector = first_value(selector) over (
               partition by domain, kind order by activated_at desc nulls last, selector
           ) then 'signing'
           else 'replaced'
       end as state
from dkim_keys
where account_id = %(account_id)s
order by domain, created_at desc, selector;

-- dkim_secrets: the sealed secrets that sign an account's mails: of each domain and kind the key activated last
select distinct on (domain, kind) domain, selector, kind, sealed_secret from dkim_keys
where account_id = %(account_id)s and activated_at is not null
order by domain, kind, activated_at desc, selector;

-- remove_dkim_key: forget a key
delete from dkim_keys
where account_id = %(account_id)s and domain = %(domain)s and selector = %(selector)s
returning selector;
