-- contacts_of_keys: who has these keys, as lines of CSV: the key's place, the contact
select string_agg(r.place || ',' || c.contact_id, E'\n') as csv
from unnest(%(places)s::int[], %(keys)s::uuid[]) as r (place, dedup_key)
join lateral (
    select contact_id from contacts where account_id = %(account_id)s and dedup_key = r.dedup_key limit 1
) c on true;

-- sharers_of_keys: who is noted to share the addresses of these keys and still has them, as lines of CSV like those
select string_agg(r.place || ',' || c.contact_id, E'\n') as csv
from unnest(%(places)s::int[], %(keys)s::uuid[], %(addresses)s::text[]) as r (place, identifier, address)
join lateral (
    select contact_id from identifiers where account_id = %(account_id)s and identifier = r.identifier
    offset 0
) i on true
join contacts c on c.account_id = %(account_id)s and c.contact_id = i.contact_id and c.email = r.address;

-- contacts_of_addresses: who has these addresses, as lines with a tab between contact and address; reads all contacts
select string_agg(contact_id || E'\t' || email, E'\n') as lines from contacts
where account_id = %(account_id)s and email = any(%(addresses)s::text[]);

-- note_sharers: contacts share the address of a key
insert into identifiers (account_id, identifier, contact_id)
select %(account_id)s, r.identifier, r.contact_id
from unnest(%(identifiers)s::uuid[], %(contact_ids)s::bigint[]) as r (identifier, contact_id)
on conflict do nothing;

-- leave_lists: take contacts off some lists, or off all of the account; as lines of CSV: the list, the contact
with gone as (
    delete from memberships
    where account_id = %(account_id)s
      and list_id = any(array(
          select list_id from lists
          where account_id = %(account_id)s
            and (%(list_ids)s::bigint[] is null or list_id = any(%(list_ids)s::bigint[]))
      ))
      and contact_id = any(array(select unnest(%(contact_ids)s::bigint[])))
    returning list_id, contact_id
)
select string_agg(list_id || ',' || contact_id, E'\n') as csv from gone;

-- empty_list: take everybody off a list
delete from memberships where account_id = %(account_id)s and list_id = %(list_id)s;

-- set_format: give the subscriptions of the contacts of keys a format
update memberships set format = %(format)s
where account_id = %(account_id)s and list_id = %(list_id)s
  and contact_id = any(array(
      select c.contact_id from unnest(%(keys)s::uuid[]) as given (dedup_key)
      cross join lateral (
          select contact_id from contacts
          where account_id = %(account_id)s and dedup_key = given.dedup_key
          limit 1
      ) c
      order by c.contact_id
  ))
  and format is distinct from %(format)s;

-- rename_contact: give a contact another address and the key that this makes, if it makes any
update contacts set email = %(email)s, dedup_key = coalesce(%(dedup_key)s::uuid, dedup_key), digest = null, updated_at = now()
where account_id = %(account_id)s and contact_id = %(contact_id)s;
