-- set_reference: let a login mean an account by a reference
insert into dispatch_references (login, reference_key, reference, account_id)
values (%(login)s, %(reference_key)s, %(reference)s, %(account_id)s)
on conflict (login, reference_key) do update set reference = excluded.reference, account_id = excluded.account_id;

-- remove_reference: a login means nobody by a reference any more
delete from dispatch_references where login = %(login)s and reference_key = %(reference_key)s returning login;

-- references_of_login: whom a login of an account means, by account and reference
select reference_key, reference, d.account_id, accounts.name as account_name
from dispatch_references d
join logins using (login)
join accounts on accounts.account_id = d.account_id
where login = %(login)s and logins.account_id = %(account_id)s
order by d.account_id, reference_key;

-- all_references: whom logins mean, by login and reference
select login, reference, accounts.name as account_name
from dispatch_references d join accounts on accounts.account_id = d.account_id
where %(login)s::text is null or login = %(login)s
order by login, reference_key;
