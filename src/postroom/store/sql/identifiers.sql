-- owners: who has these identifiers, as lines of CSV
select string_agg(replace(identifier::text, '-', '') || ',' || contact_id, E'\n') as csv from identifiers
where account_id = %(account_id)s and identifier = any(array(select unnest(%(identifiers)s::uuid[])));

-- identifying_fields: some fields of these contacts
select contact_id, {columns} from contacts
where account_id = %(account_id)s and contact_id = any(array(select unnest(%(contact_ids)s::bigint[])));

-- forget_identifiers: let go of what these contacts are met by
delete from identifiers
where account_id = %(account_id)s and contact_id = any(array(select unnest(%(contact_ids)s::bigint[])));

-- forget_all_identifiers: let go of what the contacts of an account are met by
delete from identifiers where account_id = %(account_id)s;

-- join_known: put contacts on a list on which they are not; who they are
with joined as (
    insert into memberships (account_id, list_id, contact_id)
    select %(account_id)s, %(list_id)s, contact_id from unnest(%(contact_ids)s::bigint[]) as contact_id
    on conflict do nothing
    returning contact_id
)
select array_agg(contact_id) as joined from joined;

-- delete_contacts_by_id: remove contacts
delete from contacts
where account_id = %(account_id)s and contact_id = any(array(select unnest(%(contact_ids)s::bigint[])));

-- any_identifiers: whether an account has contacts that share an address
select exists (select from identifiers where account_id = %(account_id)s) as found;
