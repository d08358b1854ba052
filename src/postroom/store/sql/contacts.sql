-- find_contacts: the contacts that have all of the given values
select * from contacts
where account_id = %(account_id)s
  and (%(email)s::text is null or email = %(email)s)
  and (%(mobile)s::text is null or mobile = %(mobile)s)
  and (%(phone)s::text is null or phone = %(phone)s)
  and (%(reference)s::text is null or reference = %(reference)s)
order by contact_id
limit %(limit)s;

-- lists_of_contacts: the names of the lists that contacts are on
select m.contact_id, array_agg(l.name order by l.name, l.list_id) as lists
from memberships m join lists l on l.account_id = m.account_id and l.list_id = m.list_id
where m.account_id = %(account_id)s and m.contact_id = any(%(contact_ids)s)
group by m.contact_id;

-- count_contacts: how many contacts an account has
select count(*) as contacts from contacts where account_id = %(account_id)s;

-- optouts_of_contacts: on which media contacts are opted out, and why
select c.contact_id, jsonb_object_agg(o.scope, o.reason) as optouts
from contacts c
join lateral (
    values ('EMAIL', c.email), ('SMS', c.mobile), ('VOICE', c.phone), ('VOICEMAIL', c.mobile)
) as m (medium, address) on m.address is not null
join optouts o
  on o.account_id = c.account_id and o.scope = m.medium collate "C" and o.address = m.address collate "C"
where c.account_id = %(account_id)s and c.contact_id = any(%(contact_ids)s)
group by c.contact_id;
