-- keys_that_verify: the signing key first, then those it replaced while their tokens may live
select kid, public_key, sealed_secret, retired_at from signing_keys
where retired_at is null or retired_at > %(oldest)s
order by retired_at desc nulls first;

-- add_signing_key: the key that signs from now on; no row when another was faster
insert into signing_keys (kid, public_key, sealed_secret, created_at)
values (%(kid)s, %(public_key)s, %(sealed_secret)s, %(now)s)
on conflict do nothing
returning kid;

-- retire_signing_key: let the key that signs verify alone
update signing_keys set retired_at = %(now)s where retired_at is null returning kid;

-- forget_signing_keys: remove keys whose tokens have all ended
delete from signing_keys where retired_at <= %(oldest)s;
