-- create_list: a new list
insert into lists (account_id, name, description, created_at, updated_at)
values (%(account_id)s, %(name)s, %(description)s, %(now)s, %(now)s)
returning list_id;

-- read_lists: some lists of an account, or all, with what is known of how many contacts they have and reach
select l.list_id, name, description, created_at, updated_at, last_drop_id,
       subscribers, sms, email, voice, voicemail
from lists l left join list_counts k on k.account_id = l.account_id and k.list_id = l.list_id
where l.account_id = %(account_id)s
  and (%(list_ids)s::bigint[] is null or l.list_id = any(%(list_ids)s::bigint[]))
  and (%(after)s::bigint is null or l.list_id > %(after)s::bigint)
order by {order}
limit %(limit)s offset %(offset)s;

-- count_of_lists: how many of these lists, or of all lists of an account, there are
select count(*) as lists from lists
where account_id = %(account_id)s and (%(list_ids)s::bigint[] is null or list_id = any(%(list_ids)s::bigint[]));

-- update_lists: give lists another name, another description or both; locked in order, lest two calls wait for each other
with held as (
    select list_id from lists
    where account_id = %(account_id)s and list_id = any(%(list_ids)s::bigint[])
    order by list_id
    for no key update
)
update lists
set name = coalesce(%(name)s, name), updated_at = %(now)s,
    description = case when %(describes)s then %(description)s else description end
where account_id = %(account_id)s and list_id = any(array(select list_id from held));

-- touch_list: a list was changed now
update lists set updated_at = %(now)s where account_id = %(account_id)s and list_id = %(list_id)s;

-- delete_lists: remove lists, and nobody of those who were on them
with held as (
    select list_id from lists
    where account_id = %(account_id)s and list_id = any(%(list_ids)s::bigint[])
    order by list_id
    for update
), gone as (
    delete from lists where account_id = %(account_id)s and list_id = any(array(select list_id from held))
    returning list_id, name
), left_behind as (
    delete from memberships
    where account_id = %(account_id)s and list_id = any(array(select list_id from gone))
), remembered as (
    insert into gone_lists (account_id, list_id, name) select %(account_id)s, list_id, name from gone
)
select count(*) as lists from gone;

-- standing_lists: which of these lists are there
select list_id from lists where account_id = %(account_id)s and list_id = any(%(list_ids)s::bigint[]);

-- unite_lists: put everybody who is on one of some lists on a list where nobody is
insert into memberships (account_id, list_id, contact_id)
select %(account_id)s, %(list_id)s, contact_id from memberships
where account_id = %(account_id)s and list_id = any(%(list_ids)s::bigint[])
group by contact_id
order by contact_id;

-- add_members: put those contacts of an account on a list that are not; who they are
insert into memberships (account_id, list_id, contact_id)
select account_id, %(list_id)s, contact_id from contacts
where account_id = %(account_id)s and contact_id = any(%(contact_ids)s::bigint[])
order by contact_id
on conflict do nothing
returning contact_id;

-- join_list: put contacts on a list where they are not, count them in, and note that it changed; null where there is no list
with reach as materialized (
    {reach}
), added as (
    insert into memberships (account_id, list_id, contact_id)
    select %(account_id)s, l.list_id, reach.contact_id
    from (
        select list_id from lists where account_id = %(account_id)s and list_id = %(list_id)s
    ) l cross join reach
    order by reach.contact_id
    on conflict do nothing
    returning contact_id
), more as (
    select count(*) as subscribers, count(*) filter (where sms) as sms, count(*) filter (where email) as email,
           count(*) filter (where voice) as voice, count(*) filter (where voicemail) as voicemail
    from added join reach on reach.contact_id = added.contact_id
), counted as (
    update list_counts c
    set version = c.version + 1, subscribers = c.subscribers + more.subscribers, sms = c.sms + more.sms,
        email = c.email + more.email, voice = c.voice + more.voice, voicemail = c.voicemail + more.voicemail
    from more
    where c.account_id = %(account_id)s and c.list_id = %(list_id)s and more.subscribers > 0
    returning c.list_id
), touched as (
    update lists set updated_at = %(now)s
    where account_id = %(account_id)s and list_id = (select list_id from counted)
)
select more.subscribers as added from more
where exists (select from lists where account_id = %(account_id)s and list_id = %(list_id)s);

-- members_among: which of these contacts are on a list
select contact_id from memberships
where account_id = %(account_id)s and list_id = %(list_id)s and contact_id = any(%(contact_ids)s::bigint[]);

-- remove_members: take contacts off a list
delete from memberships
where account_id = %(account_id)s and list_id = %(list_id)s and contact_id = any(%(contact_ids)s::bigint[]);

-- newest_list_named: the most recently created list of a name
select list_id, name from lists
where account_id = %(account_id)s and name = %(name)s
order by list_id desc
limit 1;

-- name_of_list: what a list is called
select name from lists where account_id = %(account_id)s and list_id = %(list_id)s;

-- names_of_lists: what lists are called, or were before they went
select list_id, name from lists where account_id = %(account_id)s and list_id = any(%(list_ids)s::bigint[])
union all
select list_id, name from gone_lists where account_id = %(account_id)s and list_id = any(%(list_ids)s::bigint[]);

-- note_list_filled: a deposit changed a list
update lists set updated_at = %(now)s, last_drop_id = %(drop_id)s
where account_id = %(account_id)s and list_id = %(list_id)s;

-- lists_of_account: every list with its number of members, by name
select l.list_id, name, created_at, updated_at, last_drop_id,
       coalesce(
           subscribers,
           (select count(*) from memberships m where m.account_id = l.account_id and m.list_id = l.list_id)
       ) as members
from lists l left join list_counts k on k.account_id = l.account_id and k.list_id = l.list_id
where l.account_id = %(account_id)s
order by name, list_id;

-- list_by_id: one list with its number of members
select l.list_id, name, created_at, updated_at, last_drop_id,
       coalesce(
           subscribers,
           (select count(*) from memberships m where m.account_id = l.account_id and m.list_id = l.list_id)
       ) as members
from lists l left join list_counts k on k.account_id = l.account_id and k.list_id = l.list_id
where l.account_id = %(account_id)s and l.list_id = %(list_id)s;

-- list_members: the contacts of a list
select c.*
from memberships m join contacts c on c.account_id = m.account_id and c.contact_id = m.contact_id
where m.account_id = %(account_id)s and m.list_id = %(list_id)s
order by c.contact_id
limit %(limit)s;

-- template_of_list: the template that a list has for launches that name none
select template_id from lists where account_id = %(account_id)s and list_id = %(list_id)s;

-- set_list_template: give a list a template for launches that name none
update lists set template_id = %(template_id)s, updated_at = %(now)s
where account_id = %(account_id)s and list_id = %(list_id)s;
