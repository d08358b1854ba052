-- add_pgp_key: keep a key pair; no row when the account has it already
insert into pgp_keys (account_id, fingerprint, key_ids, user_id, public_key, sealed_secret, expires_at, created_at)
values (%(account_id)s, %(fingerprint)s, %(key_ids)s, %(user_id)s, %(public_key)s, %(sealed_secret)s,
        %(expires_at)s, %(now)s)
on conflict (account_id, fingerprint) do nothing
returning fingerprint;

-- pgp_keys_of_account: an account's keys without their secrets, newest first
select fingerprint, key_ids, user_id, public_key, expires_at, created_at from pgp_keys
where account_id = %(account_id)s
order by created_at desc, fingerprint;

-- pgp_secrets_of_account: the sealed secrets of an account, newest first
select fingerprint, sealed_secret from pgp_keys
where account_id = %(account_id)s
order by created_at desc, fingerprint;

-- remove_pgp_key: forget a key pair
delete from pgp_keys where account_id = %(account_id)s and fingerprint = %(fingerprint)s returning fingerprint;
