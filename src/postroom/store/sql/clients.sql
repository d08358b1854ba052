-- create_client: a new client; no row when the name is taken
insert into api_clients (client_id, account_id, name, secret_hash, secret_version, scopes, enabled, created_at)
values (%(client_id)s, %(account_id)s, %(name)s, %(secret_hash)s, 1, %(scopes)s, true, %(now)s)
on conflict (name) do nothing
returning client_id;

-- client_by_id: one client with its account
select client_id, account_id, accounts.name as account_name, api_clients.name, secret_hash, secret_version, scopes,
       enabled, api_clients.created_at
from api_clients join accounts using (account_id)
where client_id = %(client_id)s;

-- all_clients: every client with its account, by name
select client_id, account_id, accounts.name as account_name, api_clients.name, secret_hash, secret_version, scopes,
       enabled, api_clients.created_at
from api_clients join accounts using (account_id)
where %(account_id)s::int is null or account_id = %(account_id)s
order by api_clients.name;

-- set_client_enabled: switch a client on or off
update api_clients set enabled = %(enabled)s where name = %(name)s returning client_id;

-- set_client_secret: replace a secret's hash; tokens of the older one are void
update api_clients set secret_hash = %(secret_hash)s, secret_version = secret_version + 1
where name = %(name)s
returning client_id;

-- remove_client: forget a client
delete from api_clients where name = %(name)s returning client_id;
