-- has_keyed_contacts: whether an account has any contact that a row could mean
select exists (select from contacts where account_id = %(account_id)s and dedup_key is not null) as found;

-- take_contact_ids: the next ids of an account's contacts
insert into contact_ids as taken (account_id, last_id) values (%(account_id)s, %(count)s)
on conflict (account_id) do update set last_id = taken.last_id + excluded.last_id
returning last_id;

-- count_members: how many contacts are on a list
select count(*) as members from memberships where account_id = %(account_id)s and list_id = %(list_id)s;

-- digests_of_list: the digests and ids of a list's contacts, as CSV, some ten thousand to a row
select string_agg(c.digest || ',' || c.contact_id, E'\n') as csv
from memberships m join contacts c on c.account_id = m.account_id and c.contact_id = m.contact_id
where m.account_id = %(account_id)s and m.list_id = %(list_id)s and c.digest is not null
group by c.contact_id / 50000;

-- match_rows: which contacts rows mean, which rows differ from what was last imported, and who joins the list
with matched as (
    select r.position, c.contact_id, (c.digest = r.digest) is not true as differs,
           %(list_id)s <> 0 and c.contact_id is not null and m.contact_id is null as joins,
           m.contact_id is not null and m.format is distinct from %(format)s::smallint as formatted_otherwise
    from unnest(%(positions)s::int[], %(keys)s::uuid[], %(digests)s::bigint[]) as r (position, dedup_key, digest)
    left join lateral (
        select contact_id, digest from contacts
        where account_id = %(account_id)s and dedup_key = r.dedup_key
        limit 1
    ) c on true
    left join lateral (
        select contact_id, format from memberships
        where account_id = %(account_id)s and list_id = %(list_id)s and contact_id = c.contact_id
        limit 1
    ) m on true
), joined as (
    insert into memberships (account_id, list_id, contact_id, format)
    select %(account_id)s, %(list_id)s, contact_id, %(format)s::smallint from matched
    where joins
    order by contact_id
    returning contact_id
)
select array_agg(position) filter (where contact_id is null) as fresh,
       array_agg(position) filter (where contact_id is not null and differs) as differing,
       array_agg(contact_id) filter (where contact_id is not null and differs) as differing_ids,
       array_agg(position) filter (where contact_id is not null and not differs) as same,
       array_agg(contact_id) filter (where contact_id is not null and not differs) as same_ids,
       array_agg(contact_id) filter (where formatted_otherwise and %(format)s::smallint is not null) as to_format,
       (select array_agg(contact_id) from joined) as joined
from matched;

-- contacts_by_key: who has these keys
select dedup_key, contact_id from contacts where account_id = %(account_id)s and dedup_key = any(%(keys)s::uuid[]);

-- touch_contacts: let contacts have been changed now, so that no undo takes them for untouched
update contacts set updated_at = now()
where account_id = %(account_id)s and contact_id = any(%(contact_ids)s) and updated_at <> now();

-- update_rows: give contacts the values of their rows where these differ, and journal what they had
with changed as (
    update contacts c set {assignments}, digest = r.digest, updated_at = now()
    from (
        select given.*, before.*
        from unnest({arrays}) as given (position, contact_id, digest, {columns})
        cross join lateral (
            select account_id, updated_at as was_updated_at, {befores} from contacts
            where account_id = %(account_id)s and contact_id = given.contact_id
            limit 1
        ) before
        offset 0
    ) r
    -- Not the account's number itself: of a table without statistics that lets the planner expect one contact,
    -- and look all of the rows up again for each that there is.
    where c.account_id = r.account_id and c.contact_id = r.contact_id and ({new}) is distinct from ({old})
    returning r.position, c.contact_id, c.updated_at, {returned}, was_updated_at, {was}
), columns as (
    select {columns_changed} from changed where contact_id <= %(last_known)s
), noted as (
    insert into journal_changes (account_id, journal_id, entry, field, contact_ids, was, became)
    select %(account_id)s, %(journal_id)s, %(entry)s, field, ids, was, became
    from columns cross join lateral (values {rows_changed}) as noted (field, ids, was, became)
    where ids is not null
)
select position from changed;

-- join_new: put a run of new contacts on the list
insert into memberships (account_id, list_id, contact_id, format)
select %(account_id)s, %(list_id)s, contact_id, %(format)s::smallint
from generate_series(%(first)s::bigint, %(last)s::bigint) as contact_id;

-- format_members: give subscriptions a format
update memberships set format = %(format)s
where account_id = %(account_id)s and list_id = %(list_id)s
  and contact_id = any(array(select unnest(%(contact_ids)s::bigint[])));

-- leave_absent: take off the list whoever was there before and is not named
with departed as (
    delete from memberships
    where account_id = %(account_id)s and list_id = %(list_id)s
      and contact_id <= %(last_known)s and contact_id <> all(%(named)s::bigint[])
    returning contact_id
)
select array_agg(contact_id) as departed from departed;

-- last_contact_id: the last id that an account has given out
select coalesce(max(last_id), 0) as last_id from contact_ids where account_id = %(account_id)s;
