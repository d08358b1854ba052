-- delete_contacts: remove the contacts that keys name; their ids, a line each
with gone as (
    delete from contacts
    where account_id = %(account_id)s and dedup_key = any(array(select unnest(%(keys)s::uuid[])))
    returning contact_id
)
select string_agg(contact_id::text, E'\n') as lines from gone;

-- delete_memberships: take contacts off every list of the account
delete from memberships
where account_id = %(account_id)s
  and list_id = any(array(select list_id from lists where account_id = %(account_id)s))
  and contact_id = any(array(select unnest(%(contact_ids)s::bigint[])));
