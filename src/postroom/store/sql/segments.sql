-- create_segment: save a filter under a name that is free
insert into segments (account_id, name, filter, created_at, updated_at)
values (%(account_id)s, %(name)s, %(filter)s, %(now)s, %(now)s)
on conflict (account_id, name) do nothing
returning *;

-- segment_by_id: one saved filter
select * from segments where account_id = %(account_id)s and segment_id = %(segment_id)s;

-- segment_named: the saved filter of a name
select * from segments where account_id = %(account_id)s and name = %(name)s;

-- segments_of_account: saved filters by id
select * from segments where account_id = %(account_id)s order by segment_id;

-- update_segment: give a saved filter another name or another filter
update segments set name = %(name)s, filter = %(filter)s, updated_at = %(now)s
where account_id = %(account_id)s and segment_id = %(segment_id)s
  and not exists (
      select from segments other
      where other.account_id = %(account_id)s and other.name = %(name)s and other.segment_id <> %(segment_id)s
  )
returning *;

-- delete_segment: forget a saved filter
delete from segments where account_id = %(account_id)s and segment_id = %(segment_id)s;

-- count_segment: how many contacts of the account, or of a list, a condition holds for
select count(*) as contacts from contacts c
where c.account_id = %(account_id)s and {condition}
  and (%(list_id)s::bigint is null or exists (
      select from memberships m
      where m.account_id = %(account_id)s and m.list_id = %(list_id)s and m.contact_id = c.contact_id
  ));
