-- tables_of_account: the relational tables of an account, with their fields and foreign keys, by id
select t.table_id, t.name, t.kind, t.description, t.state, t.may_clear, t.created_at, t.updated_at,
       coalesce((
           select jsonb_agg(to_jsonb(f) order by f.position) from relational_fields f
           where f.account_id = %(account_id)s and f.table_id = t.table_id
       ), '[]') as fields,
       coalesce((
           select jsonb_agg(to_jsonb(k) || jsonb_build_object('table', other.name, 'type', f.type) order by k.position)
           from relational_foreign_keys k
           left join relational_tables other on other.account_id = k.account_id and other.table_id = k.to_table_id
           left join relational_fields f on f.account_id = k.account_id and f.table_id = k.to_table_id and f.is_unique
           where k.account_id = %(account_id)s and k.table_id = t.table_id
       ), '[]') as foreign_keys
from relational_tables t
where t.account_id = %(account_id)s
order by t.table_id;

-- create_table: a table without fields
insert into relational_tables (
    account_id, name, name_key, kind, description, state, may_clear, created_at, updated_at
)
values (
    %(account_id)s, %(name)s, %(name_key)s, %(kind)s, %(description)s, 'pending', %(may_clear)s, %(now)s, %(now)s
)
on conflict do nothing
returning table_id;

-- update_table: what a table says of itself
update relational_tables set state = %(state)s, description = %(description)s, may_clear = %(may_clear)s,
    updated_at = %(now)s
where account_id = %(account_id)s and table_id = %(table_id)s;

-- add_field: one more field of a table
insert into relational_fields (
    account_id, table_id, name_key, name, position, type, length, is_unique, active
)
select %(account_id)s, %(table_id)s, %(name_key)s, %(name)s, coalesce(max(position), 0) + 1, %(type)s, %(length)s,
       %(is_unique)s, %(active)s
from relational_fields where account_id = %(account_id)s and table_id = %(table_id)s;

-- switch_field: whether files may fill a field
update relational_fields set active = %(active)s
where account_id = %(account_id)s and table_id = %(table_id)s and name_key = %(name_key)s;

-- add_foreign_key: one more foreign key of a table
insert into relational_foreign_keys (account_id, table_id, position, to_table_id, "column", owning)
select %(account_id)s, %(table_id)s, coalesce(max(position), 0) + 1, %(to_table_id)s, %(column)s, %(owning)s
from relational_foreign_keys where account_id = %(account_id)s and table_id = %(table_id)s;

-- suspend_pointing: tables that point to one must be completed before they are active again
update relational_tables set state = 'pending', updated_at = %(now)s
where account_id = %(account_id)s and table_id in (
    select table_id from relational_foreign_keys
    where account_id = %(account_id)s and to_table_id = %(table_id)s
);

-- delete_table: a table with its fields and every foreign key to it
delete from relational_tables where account_id = %(account_id)s and table_id = %(table_id)s;
