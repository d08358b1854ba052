-- begin_journal: open the journal of an import; its list, if it has one, is as it was before
insert into journals (account_id, drop_account_id, drop_id, applied_at, mode, criterion,
                      list_id, list_is_new, list_was_drop_id, list_was_updated_at)
select %(account_id)s, %(drop_account_id)s, %(drop_id)s, now(), %(mode)s, %(criterion)s,
       %(list_id)s, %(list_is_new)s, l.last_drop_id, l.updated_at
from (values (%(account_id)s::int, %(list_id)s::bigint)) as named (account_id, list_id)
left join lists l using (account_id, list_id)
returning journal_id;

-- close_journal: what an import did, as far as ids tell it
update journals set created = %(created)s::int8multirange,
                    joined = %(joined)b, departed = %(departed)b, named = %(named)b
where account_id = %(account_id)s and journal_id = %(journal_id)s;

-- journal_of_drop: the journal of a deposit, kept from others until the transaction ends
select * from journals
where account_id = %(account_id)s and drop_account_id = %(drop_account_id)s and drop_id = %(drop_id)s
for update;

-- later_journals: whom the imports that came later and stand named, and onto which list
select list_id, mode, named from journals
where account_id = %(account_id)s and journal_id > %(journal_id)s and undone_at is null
order by journal_id;

-- changes_of_journal: the values that an import changed, in its order
select field, contact_ids, was, became from journal_changes
where account_id = %(account_id)s and journal_id = %(journal_id)s
order by entry, field;

-- mark_undone: an import does not stand any more
update journals set undone_at = %(now)s where account_id = %(account_id)s and journal_id = %(journal_id)s;

-- forget_changes: let go of the values that an import changed
delete from journal_changes where account_id = %(account_id)s and journal_id = %(journal_id)s;

-- forget_journals: let go of what imports did before some time
with gone as (
    delete from journals where account_id = %(account_id)s and applied_at < %(before)s returning journal_id
), changes as (
    delete from journal_changes
    where account_id = %(account_id)s and journal_id in (select journal_id from gone)
)
select count(*) as journals from gone;
