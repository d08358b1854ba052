-- add_dkim_key: keep a key; no row when the account has one of that domain and selector
insert into dkim_keys (account_id, domain, selector, kind, public_key, sealed_secret, created_at)
values (%(account_id)s, %(domain)s, %(selector)s, %(kind)s, %(public_key)s, %(sealed_secret)s, %(now)s)
on conflict (account_id, domain, selector) do nothing
returning selector;

-- dkim_keys_of_account: an account's keys without their secrets
select domain, selector, kind, public_key, created_at from dkim_keys
where account_id = %(account_id)s
order by domain, created_at desc, selector;

-- dkim_secrets: the sealed secrets of an account's keys
select domain, selector, kind, sealed_secret from dkim_keys
where account_id = %(account_id)s
order by domain, kind, created_at desc, selector;

-- remove_dkim_key: forget a key
delete from dkim_keys
where account_id = %(account_id)s and domain = %(domain)s and selector = %(selector)s
returning selector;
