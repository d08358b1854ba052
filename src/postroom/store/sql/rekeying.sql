-- key_fields: some fields of the contacts of an account that follow one, as CSV
copy (
    select {columns} from contacts where account_id = {account_id} and contact_id > {after}
    order by contact_id
    limit {rows}
) to stdout (format csv, force_quote ({columns}));

-- whole_contacts: contacts with all their fields, as CSV; times are microseconds since 1970
copy (
    select contact_id, (extract(epoch from created_at) * 1000000)::bigint as created,
           (extract(epoch from updated_at) * 1000000)::bigint as updated, {columns}
    from contacts
    where account_id = {account_id} and contact_id = any(array(select unnest({contact_ids}::bigint[])))
) to stdout (format csv, force_quote ({columns}));

-- merge_contacts: give contacts that stay what they and those merged into them amount to
update contacts c set {assignments}, digest = null, updated_at = now(),
    created_at = timestamptz 'epoch' + r.created * interval '1 microsecond'
from (select * from unnest({arrays}) as r (contact_id, created, {columns}) offset 0) r
where c.account_id = %(account_id)s and c.contact_id = r.contact_id;

-- note_merged: who is merged into whom, and by which values
insert into merged_contacts (account_id, merged_id, contact_id, change_id, merged_at, key_values)
select %(account_id)s, merged_id, contact_id, %(change_id)s, now(), array[{columns}]::text[]
from unnest({arrays}) as r (merged_id, contact_id, {columns});

-- delete_merged: remove contacts that are merged into others
delete from contacts
where account_id = %(account_id)s and contact_id = any(array(select unnest(%(merged_ids)s::bigint[])));

-- unite_memberships: put who stays on the lists of those merged into them
with moved as (
    delete from memberships m
    using unnest(%(merged_ids)s::bigint[], %(contact_ids)s::bigint[]) as r (merged_id, contact_id)
    where m.account_id = %(account_id)s and m.contact_id = r.merged_id
    returning m.list_id, r.contact_id, m.format
)
insert into memberships (account_id, list_id, contact_id, format)
select %(account_id)s, list_id, contact_id, max(format) from moved
group by list_id, contact_id
on conflict do nothing;

-- clear_keys: leave the contacts of an account without keys; what rows they came from counts no more
update contacts set dedup_key = null, digest = null
where account_id = %(account_id)s and (dedup_key is not null or digest is not null);

-- set_keys: give contacts their keys by another criterion; what rows they came from counts no more
update contacts c set dedup_key = r.dedup_key, digest = null
from (
    select * from unnest(%(contact_ids)s::bigint[], %(keys)s::uuid[]) as r (contact_id, dedup_key) offset 0
) r
where c.account_id = %(account_id)s and c.contact_id = r.contact_id
  and (c.dedup_key is distinct from r.dedup_key or c.digest is not null);
