-- select_contacts: the contacts for which some conditions hold, some at a time
select c.* from {source}
where c.account_id = %(account_id)s and {conditions}
order by {order}
limit %(limit)s offset %(offset)s;

-- count_selected: for how many contacts some conditions hold
select count(*) as contacts from {source}
where c.account_id = %(account_id)s and {conditions};

-- select_contact_ids: who the contacts are for which some conditions hold, by id
select c.contact_id from {source}
where c.account_id = %(account_id)s and {conditions}
order by c.contact_id
limit %(limit)s;

-- members_of_list: a source to select from, contacts that are on a list
memberships m join contacts c
    on c.account_id = m.account_id and c.contact_id = m.contact_id
    and m.account_id = %(account_id)s and m.list_id = %(list_id)s

-- opted_out: a condition, a contact's address of a medium is opted out for one of some reasons
exists (
    select from optouts o
    where o.account_id = %(account_id)s and o.scope = {scope} and o.reason = any({reasons})
      and o.address = {address} collate "C"
)

-- contacts_by_ids: contacts with all that they have
select * from contacts where account_id = %(account_id)s and contact_id = any(%(contact_ids)s);

-- list_ids_of_contacts: the lists that contacts are on; memberships are found by list, so every list is asked
select contact_id, array_agg(list_id order by list_id) as list_ids from memberships
where account_id = %(account_id)s
  and list_id = any(array(select list_id from lists where account_id = %(account_id)s))
  and contact_id = any(%(contact_ids)s)
group by contact_id;

-- reasons_of_contacts: on which media contacts are opted out, and why
select c.contact_id, o.scope, o.reason
from contacts c
join lateral (
    values ('EMAIL', c.email), ('SMS', c.mobile), ('VOICE', c.phone), ('VOICEMAIL', c.mobile)
) as m (medium, address) on m.address is not null
join optouts o
  on o.account_id = c.account_id and o.scope = m.medium collate "C" and o.address = m.address collate "C"
where c.account_id = %(account_id)s and c.contact_id = any(%(contact_ids)s);
