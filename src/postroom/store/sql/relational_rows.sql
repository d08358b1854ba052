-- match_rows: which of these keys are those of rows of a table, and whose these are
select array_agg(row_key) as keys, array_agg(contact_id) as contact_ids from relational_rows
where account_id = %(account_id)s and table_id = %(table_id)s
  and row_key = any(array(select unnest(%(keys)s::text[])));

-- match_contacts: which of these keys are those of contacts, and of whom, as lines of CSV
select string_agg(replace(dedup_key::text, '-', '') || ',' || contact_id, E'\n') as csv from contacts
where account_id = %(account_id)s and dedup_key = any(array(select unnest(%(keys)s::uuid[])));

-- standing_contacts: which of these contacts are there
select array_agg(contact_id) as contact_ids from contacts
where account_id = %(account_id)s and contact_id = any(array(select unnest(%(contact_ids)s::bigint[])));

-- has_rows: whether a table has any row
select exists (
    select from relational_rows where account_id = %(account_id)s and table_id = %(table_id)s
) as found;

-- update_rows: give rows the cells that differ, null erases; how many changed
with changed as (
    insert into relational_rows (
        account_id, table_id, row_key, contact_id, owner_key, cells, created_at, updated_at
    )
    select %(account_id)s, %(table_id)s, given.row_key, before.contact_id, became.owner_key, became.cells,
           before.created_at, %(now)s
    from unnest(%(keys)s::text[], %(owner_keys)s::text[], %(cells)s::jsonb[]) as given (row_key, owner_key, cells)
    cross join lateral (
        select contact_id, owner_key, cells, created_at from relational_rows
        where account_id = %(account_id)s and table_id = %(table_id)s and row_key = given.row_key
        limit 1
    ) before
    cross join lateral (
        select coalesce(given.owner_key, before.owner_key) as owner_key,
               jsonb_strip_nulls(before.cells || given.cells) as cells
        offset 0
    ) became
    where became.cells is distinct from before.cells or became.owner_key is distinct from before.owner_key
    -- They are there: this is how each is found by the index, whatever the planner believes.
    on conflict (account_id, table_id, row_key) do update
    set cells = excluded.cells, owner_key = excluded.owner_key, updated_at = excluded.updated_at
    returning 1
)
select count(*) as rows from changed;

-- delete_rows: remove rows of a table by their keys; which went
with gone as (
    delete from relational_rows
    where account_id = %(account_id)s and table_id = %(table_id)s
      and row_key = any(array(select unnest(%(keys)s::text[])))
    returning row_key
)
select coalesce(array_agg(row_key), '{}') as keys from gone;

-- delete_owned: remove the rows of a table that rows of these keys own; which went
with gone as (
    delete from relational_rows
    where account_id = %(account_id)s and table_id = %(table_id)s
      and owner_key = any(array(select unnest(%(keys)s::text[])))
    returning row_key
)
select coalesce(array_agg(row_key), '{}') as keys from gone;

-- clear_table: remove all rows of a table
delete from relational_rows where account_id = %(account_id)s and table_id = %(table_id)s;

-- forget_cells: let the rows of a table say nothing any more in one of its columns
update relational_rows set cells = cells - %(name)s::text, updated_at = %(now)s
where account_id = %(account_id)s and table_id = %(table_id)s and cells ? %(name)s::text;

-- delete_rows_of_contacts: remove all that contacts own
delete from relational_rows
where account_id = %(account_id)s
  and contact_id = any(array(select unnest(%(contact_ids)s::bigint[])))
  and exists (select from relational_tables where account_id = %(account_id)s);

-- move_rows: let contacts own the rows of those merged into them
update relational_rows t set contact_id = r.contact_id
from unnest(%(merged_ids)s::bigint[], %(contact_ids)s::bigint[]) as r (merged_id, contact_id)
where t.account_id = %(account_id)s and t.contact_id = r.merged_id
  and exists (select from relational_tables where account_id = %(account_id)s);

-- read_rows: rows of a table that follow a key, by key; all, or those of a contact or of a key
select row_key, contact_id, owner_key, cells, created_at, updated_at from relational_rows
where account_id = %(account_id)s and table_id = %(table_id)s
  and (%(after)s::text is null or row_key > %(after)s)
  and (%(contact_id)s::bigint is null or contact_id = %(contact_id)s)
  and (%(key)s::text is null or row_key = %(key)s)
order by row_key
limit %(limit)s;

-- count_rows: how many rows a table has; all, or those of a contact or of a key
select count(*) as rows from relational_rows
where account_id = %(account_id)s and table_id = %(table_id)s
  and (%(contact_id)s::bigint is null or contact_id = %(contact_id)s)
  and (%(key)s::text is null or row_key = %(key)s);
