-- create_goal: make a goal; no row when the name is taken
insert into goals (account_id, name, kind, patterns, created_at)
values (%(account_id)s, %(name)s, %(kind)s, %(patterns)s, %(now)s)
on conflict (account_id, name) do nothing
returning *;

-- goals_of_account: every goal of an account, by id
select * from goals where account_id = %(account_id)s order by goal_id;

-- goal_by_id: one goal
select * from goals where account_id = %(account_id)s and goal_id = %(goal_id)s;

-- delete_goal: forget a goal; what reached it stays told
delete from goals where account_id = %(account_id)s and goal_id = %(goal_id)s;

-- contact_of_message: who got a message, unless it was a test
select m.contact_id
from messages m join campaigns c on c.account_id = m.account_id and c.campaign_id = m.campaign_id
where m.account_id = %(account_id)s and m.message_id = %(message_id)s and not c.is_test;

-- contact_there: whether a contact is there
select contact_id from contacts where account_id = %(account_id)s and contact_id = %(contact_id)s;
