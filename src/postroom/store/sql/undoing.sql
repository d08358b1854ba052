-- standing_contacts: which of a run of contacts are there
select array_agg(contact_id order by contact_id) as contact_ids from contacts
where account_id = %(account_id)s and contact_id between %(first)s and %(last)s;

-- run_on_other_lists: which of a run of contacts are on a list other than theirs
select array_agg(distinct contact_id) as contact_ids from memberships
where account_id = %(account_id)s and list_id <> %(list_id)s and contact_id between %(first)s and %(last)s;

-- delete_unchanged: remove the contacts of a run that nothing has changed since they were made, but for some
with gone as (
    delete from contacts
    where account_id = %(account_id)s and contact_id between %(first)s and %(last)s
      and updated_at = %(applied_at)s and contact_id <> all(%(kept)s::bigint[])
    returning contact_id
)
select array_agg(contact_id) as contact_ids from gone;

-- existing_contacts: which of these contacts are there
select array_agg(contact_id) as contact_ids from contacts
where account_id = %(account_id)s and contact_id = any(%(contact_ids)s::bigint[]);

-- members_among: which of these contacts are on a list
select array_agg(contact_id) as contact_ids from memberships
where account_id = %(account_id)s and list_id = %(list_id)s and contact_id = any(%(contact_ids)s::bigint[]);

-- leave_list: take contacts off a list
delete from memberships
where account_id = %(account_id)s and list_id = %(list_id)s and contact_id = any(%(contact_ids)s::bigint[]);

-- rejoin_list: put contacts on a list on which they are not
insert into memberships (account_id, list_id, contact_id)
select %(account_id)s, %(list_id)s, contact_id from unnest(%(contact_ids)s::bigint[]) as contact_id;

-- changed_values: contacts that are gone, or whose values are not those that the import gave them any more
select r.contact_id, c.contact_id is null as gone, array_remove(array[{changed}], null) as fields
from unnest({arrays}) as r ({columns})
left join lateral (
    select contact_id, {fields} from contacts
    where account_id = %(account_id)s and contact_id = r.contact_id
    limit 1
) c on true
where c.contact_id is null or coalesce({changed}) is not null;

-- changed_later: to whom imports that came later and stand gave values of some fields, whatever these were
select c.field, c.contact_ids
from journal_changes c join journals j on j.account_id = c.account_id and j.journal_id = c.journal_id
where c.account_id = %(account_id)s and c.journal_id > %(journal_id)s and j.undone_at is null
  and c.field = any(%(fields)s);

-- restore_values: give contacts the values that they had before an import, where they still have its own
update contacts c set {assignments}, digest = null,
    updated_at = case when c.updated_at = %(applied_at)s then coalesce(r.was_updated_at, %(now)s) else %(now)s end
from (select * from unnest({arrays}) as r ({columns}) offset 0) r
where c.account_id = %(account_id)s and c.contact_id = r.contact_id
  and (c.updated_at = %(applied_at)s or {restorable});

-- remove_unused_list: remove an empty list that an import made and no import that stands has filled
with gone as (
    delete from lists
    where account_id = %(account_id)s and list_id = %(list_id)s
      and exists (
          select from journals where account_id = %(account_id)s and list_id = %(list_id)s and list_is_new
      )
      and not exists (
          select from journals where account_id = %(account_id)s and list_id = %(list_id)s and undone_at is null
      )
      and not exists (select from memberships where account_id = %(account_id)s and list_id = %(list_id)s)
    returning list_id, name
)
insert into gone_lists (account_id, list_id, name) select %(account_id)s, list_id, name from gone
returning list_id;

-- restore_list_note: let a list have been changed last by what changed it before an import
update lists set last_drop_id = %(was_drop_id)s, updated_at = %(was_updated_at)s
where account_id = %(account_id)s and list_id = %(list_id)s and last_drop_id = %(drop_id)s;

-- list_exists: whether a list is there
select exists (select from lists where account_id = %(account_id)s and list_id = %(list_id)s) as found;

-- contacts_by_id: by what people know contacts
select contact_id, reference, email, phone, mobile from contacts
where account_id = %(account_id)s and contact_id = any(%(contact_ids)s);
