-- set_realm: give an account a realm, or its realm another name
insert into realms (account_id, realm_key, name, password_version, created_at)
values (%(account_id)s, %(realm_key)s, %(name)s, 0, %(now)s)
on conflict (account_id) do update set realm_key = excluded.realm_key, name = excluded.name;

-- remove_realm: take an account's realm away, with its clients; its children stand alone
delete from realms where account_id = %(account_id)s returning account_id;

-- all_realms: every realm with its account, its parent and how many clients it has, by name
select realms.account_id, accounts.name as account_name, realms.name, realms.parent_id, parents.name as parent_name,
       realms.password_hash is not null as has_password,
       (select count(*) from realm_clients c where c.account_id = realms.account_id) as clients
from realms join accounts using (account_id)
left join realms parents on parents.account_id = realms.parent_id
where %(account_id)s::int is null or realms.account_id = %(account_id)s
order by realms.realm_key;

-- hold_realm: keep others from changing a realm and its clients until the transaction ends
select account_id from realms where account_id = %(account_id)s for update;

-- set_realm_password: replace a realm's password; files with the older one are refused
update realms set password_hash = %(password_hash)s, password_version = password_version + 1
where account_id = %(account_id)s
returning name;

-- set_realm_parent: let a realm be the child of another, or of none
update realms set parent_id = %(parent_id)s where account_id = %(account_id)s returning account_id;

-- realm_children: whose realms are children of an account's
select realm_key, account_id from realms where parent_id = %(account_id)s order by account_id;

-- accounts_with_realms: every account that has a realm, by id
select account_id from realms order by account_id;

-- realm_secrets: what a realm, and one of its clients, log in with
select realms.account_id, realms.password_hash, c.password_hash as client_password_hash, c.auth_hash
from realms left join realm_clients c on c.account_id = realms.account_id and c.name = %(client)s
where realm_key = %(realm_key)s;

-- create_realm_client: a new client of a realm; no row when the name is taken
insert into realm_clients (account_id, name, password_hash, auth_hash, created_at)
values (%(account_id)s, %(name)s, %(password_hash)s, %(auth_hash)s, %(now)s)
on conflict (account_id, name) do nothing
returning name;

-- set_realm_client_secrets: replace what a client logs in with
update realm_clients set password_hash = %(password_hash)s, auth_hash = %(auth_hash)s
where account_id = %(account_id)s and name = %(name)s
returning name;

-- remove_realm_client: forget a client of a realm
delete from realm_clients where account_id = %(account_id)s and name = %(name)s returning name;

-- realm_clients_of: the clients of a realm, by name
select name, created_at from realm_clients where account_id = %(account_id)s order by name;
