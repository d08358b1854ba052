-- create_list: a new list
insert into lists (account_id, name, created_at, updated_at)
values (%(account_id)s, %(name)s, %(now)s, %(now)s)
returning list_id;

-- newest_list_named: the most recently created list of a name
select list_id, name from lists
where account_id = %(account_id)s and name = %(name)s
order by list_id desc
limit 1;

-- note_list_filled: a deposit changed a list
update lists set updated_at = %(now)s, last_drop_id = %(drop_id)s
where account_id = %(account_id)s and list_id = %(list_id)s;

-- lists_of_account: every list with its number of members, by name
select list_id, name, created_at, updated_at, last_drop_id,
       (select count(*) from memberships m where m.account_id = l.account_id and m.list_id = l.list_id) as members
from lists l
where account_id = %(account_id)s
order by name, list_id;

-- list_by_id: one list with its number of members
select list_id, name, created_at, updated_at, last_drop_id,
       (select count(*) from memberships m where m.account_id = l.account_id and m.list_id = l.list_id) as members
from lists l
where account_id = %(account_id)s and list_id = %(list_id)s;

-- list_members: the contacts of a list
select c.*
from memberships m join contacts c on c.account_id = m.account_id and c.contact_id = m.contact_id
where m.account_id = %(account_id)s and m.list_id = %(list_id)s
order by c.contact_id
limit %(limit)s;
