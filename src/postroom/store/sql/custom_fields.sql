-- custom_fields_of: the custom fields of an account and what its deleted ones left behind, by slot
select slot, name, type, description, deleted from custom_fields where account_id = %(account_id)s order by slot;

-- put_custom_field: a custom field in a slot, whatever was in it
insert into custom_fields (account_id, slot, name, type, description, deleted)
values (%(account_id)s, %(slot)s, %(name)s, %(type)s, %(description)s, false)
on conflict (account_id, slot) do update set
    name = excluded.name, type = excluded.type, description = excluded.description, deleted = false;

-- delete_custom_field: let nothing lead to what a custom field holds
update custom_fields set deleted = true where account_id = %(account_id)s and slot = %(slot)s;

-- empty_field: let contacts have nothing in a field any more; what rows they came from counts no more
update contacts set {field} = null, digest = null where account_id = %(account_id)s and {field} is not null;

-- forget_changes_of_field: let no undo bring back what a field held
delete from journal_changes where account_id = %(account_id)s and field = %(field)s;
