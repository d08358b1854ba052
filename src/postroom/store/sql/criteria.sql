-- ask_change: a change of criterion that waits in line
insert into criterion_changes (account_id, criterion, match, asked_at, asked_by, state)
values (%(account_id)s, %(criterion)s, %(match)s, %(now)s, %(by_whom)s, 'waiting')
returning change_id;

-- change_by_id: one change of criterion
select * from criterion_changes where account_id = %(account_id)s and change_id = %(change_id)s;

-- changes_of_account: the changes of an account's criterion, newest first
select * from criterion_changes where account_id = %(account_id)s order by change_id desc;

-- oldest_change: the next change in line, kept from others
select * from criterion_changes
where account_id = %(account_id)s and state in ('waiting', 'claimed')
order by asked_at, change_id
limit 1
for update;

-- claim_change: take a change, once more counted
update criterion_changes set state = 'claimed', attempts = attempts + 1
where account_id = %(account_id)s and change_id = %(change_id)s
returning *;

-- hold_change: keep others from a claimed change while it is made; no row when the claim was lost
select change_id from criterion_changes
where account_id = %(account_id)s and change_id = %(change_id)s
  and state = 'claimed' and attempts = %(attempts)s
for update;

-- settle_change: the end of a change
update criterion_changes set state = %(state)s, settled_at = %(now)s, was = %(was)s, was_match = %(was_match)s,
                             outcome = %(outcome)s
where account_id = %(account_id)s and change_id = %(change_id)s;

-- accounts_changing: whose criterion a worker could change now
select distinct account_id from criterion_changes where state in ('waiting', 'claimed') order by account_id;

-- anything_in_line: whether an account has contacts, or anything that waits for them
select exists (select from contacts where account_id = %(account_id)s)
    or exists (select from criterion_changes
               where account_id = %(account_id)s and state in ('waiting', 'claimed'))
    or exists (select from drops
               where account_id = %(account_id)s and state in ('arriving', 'ready', 'claimed')) as found;

-- merged_contacts_of: whom a change merged into whom
select contact_id, merged_id, key_values from merged_contacts
where account_id = %(account_id)s and change_id = %(change_id)s
order by contact_id, merged_id;

-- merged_since: contacts that were merged, and those that they were merged into, from a moment on
select array_agg(distinct each_id) as contact_ids
from merged_contacts cross join lateral (values (merged_id), (contact_id)) as sides (each_id)
where account_id = %(account_id)s and merged_at >= %(since)s;

-- forget_merged: let go of who was merged into whom before some time
delete from merged_contacts where account_id = %(account_id)s and merged_at < %(before)s;
