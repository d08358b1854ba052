-- create_login: a new login; no row when the name is taken
insert into logins (login, account_id, password_hash, enabled, created_at)
values (%(login)s, %(account_id)s, %(password_hash)s, true, %(now)s)
on conflict (login) do nothing
returning login;

-- login_by_name: one login with its account
select login, account_id, accounts.name as account_name, password_hash, enabled, logins.created_at
from logins join accounts using (account_id)
where login = %(login)s;

-- login_enabled: whether a login of this account is switched on
select login from logins where login = %(login)s and account_id = %(account_id)s and enabled;

-- all_logins: every login with its account, by name
select login, account_id, accounts.name as account_name, password_hash is not null as has_password, enabled,
       logins.created_at,
       (select count(*) from login_keys where login_keys.login = logins.login) as keys
from logins join accounts using (account_id)
where %(account_id)s::int is null or account_id = %(account_id)s
order by login;

-- set_login_enabled: switch a login on or off
update logins set enabled = %(enabled)s where login = %(login)s returning login;

-- set_login_password: replace a password's hash
update logins set password_hash = %(password_hash)s where login = %(login)s returning login;

-- add_login_key: let a public key log in
insert into login_keys (login, fingerprint, public_key)
values (%(login)s, %(fingerprint)s, %(public_key)s)
on conflict (login, fingerprint) do nothing;

-- login_key: a public key that may log in
select fingerprint from login_keys where login = %(login)s and fingerprint = %(fingerprint)s;

-- locked_until: when the latest lock on any of these scopes ends
select max(locked_until) as locked_until from login_failures
where scope = any(%(scopes)s) and locked_until > %(now)s;

-- count_failure: one more failure in a scope, locking it at the limit
insert into login_failures as f (scope, failures, first_at, locked_until)
values (%(scope)s, 1, %(now)s, case when %(limit)s::int <= 1 then %(until)s::timestamptz end)
on conflict (scope) do update set
    failures = case when f.first_at < %(window_start)s then 1 else f.failures + 1 end,
    first_at = case when f.first_at < %(window_start)s then excluded.first_at else f.first_at end,
    locked_until = case
        when f.first_at >= %(window_start)s and f.failures + 1 >= %(limit)s then %(until)s::timestamptz
        when f.locked_until > excluded.first_at then f.locked_until
    end;

-- forget_failures: a good login clears its scope
delete from login_failures where scope = %(scope)s;
