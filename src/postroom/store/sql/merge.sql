-- plan_for_bulk: join by hash and with room, until the transaction ends
set local enable_nestloop = off;
set local work_mem = '256MB';

-- size_up_contacts: let the planner know contacts and memberships of every account_id after a large batch
analyze contacts (account_id, contact_id, dedup_key), memberships;

-- collapse_repeated: rows of one key in one batch become the last of them, which takes the last value of each column
with repeated as (
    select dedup_key, max(line) as line
    from staging
    where account_id = %(account_id)s and batch_id = %(batch_id)s and dedup_key is not null
    group by dedup_key
    having count(*) > 1
), collapsed as (
    select repeated.line, {last_values}
    from staging join repeated using (dedup_key)
    where staging.account_id = %(account_id)s and staging.batch_id = %(batch_id)s
    group by repeated.line
), gone as (
    delete from staging using repeated
    where staging.account_id = %(account_id)s and staging.batch_id = %(batch_id)s
      and staging.dedup_key = repeated.dedup_key and staging.line <> repeated.line
    returning staging.line
), kept as (
    update staging set {assignments} from collapsed
    where staging.account_id = %(account_id)s and staging.batch_id = %(batch_id)s
      and staging.line = collapsed.line
)
select count(*) as gone from gone;

-- compare: find the contacts that staged rows mean, and what there is to do for each
with compared as materialized (
    select s.account_id, s.batch_id, s.line, c.contact_id, {differs} as changed
    from staging s
    join contacts c on c.account_id = s.account_id and c.dedup_key = s.dedup_key
    where s.account_id = %(account_id)s and s.batch_id = %(batch_id)s
), matched as (
    select compared.*, m.contact_id is null as joins
    from compared
    left join memberships m
        on m.account_id = compared.account_id and m.list_id = %(list_id)s and m.contact_id = compared.contact_id
), worth_keeping as (
    insert into staging_matches (account_id, batch_id, line, contact_id, changed, joins)
    select account_id, batch_id, line, contact_id, changed, joins from matched where changed or joins
)
select count(*) as matched, count(*) filter (where changed) as changed, count(*) filter (where joins) as joins
from matched;

-- update_changed: give matched contacts their new values
update contacts c set {assignments}, updated_at = %(now)s
from staging s
join staging_matches m on m.account_id = s.account_id and m.batch_id = s.batch_id and m.line = s.line
where s.account_id = %(account_id)s and s.batch_id = %(batch_id)s and m.changed
  and c.account_id = s.account_id and c.contact_id = m.contact_id;

-- join_matched: put matched contacts on the list
insert into memberships (account_id, list_id, contact_id)
select account_id, %(list_id)s, contact_id
from staging_matches
where account_id = %(account_id)s and batch_id = %(batch_id)s and joins
order by contact_id
on conflict do nothing;

-- leave_absent: take off the list whoever the batch does not name
delete from memberships m
where m.account_id = %(account_id)s and m.list_id = %(list_id)s
  and not exists (
    select from staging s join contacts c on c.account_id = s.account_id and c.dedup_key = s.dedup_key
    where s.account_id = %(account_id)s and s.batch_id = %(batch_id)s
      and c.account_id = m.account_id and c.contact_id = m.contact_id
  );

-- insert_new: make the contacts that are not there yet and put them on the list
with fresh as (
    insert into contacts (account_id, dedup_key, created_at, updated_at, {columns})
    select s.account_id, s.dedup_key, %(now)s, %(now)s, {staged_columns}
    from staging s
    where s.account_id = %(account_id)s and s.batch_id = %(batch_id)s
      and not exists (
        select from contacts c where c.account_id = s.account_id and c.dedup_key = s.dedup_key
      )
    order by s.dedup_key, s.line
    returning account_id, contact_id
), joined as (
    insert into memberships (account_id, list_id, contact_id)
    select account_id, %(list_id)s, contact_id from fresh
)
select count(*) as created from fresh;

-- insert_all: the same when none of them is there yet
with fresh as (
    insert into contacts (account_id, dedup_key, created_at, updated_at, {columns})
    select s.account_id, s.dedup_key, %(now)s, %(now)s, {staged_columns}
    from staging s
    where s.account_id = %(account_id)s and s.batch_id = %(batch_id)s
    order by s.dedup_key, s.line
    returning account_id, contact_id
), joined as (
    insert into memberships (account_id, list_id, contact_id)
    select account_id, %(list_id)s, contact_id from fresh
)
select count(*) as created from fresh;

-- clear_staging: empty staging of all batches; the lock proves that none is under way
lock table staging, staging_matches in access exclusive mode nowait;
truncate staging, staging_matches;

-- clear_batch: empty staging of one batch
delete from staging where account_id = %(account_id)s and batch_id = %(batch_id)s;

-- clear_matches: empty the matches of one batch
delete from staging_matches where account_id = %(account_id)s and batch_id = %(batch_id)s;
