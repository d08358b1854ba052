-- create_drop: a new deposit
insert into drops (account_id, action, name, login, confirmation, state, size, sha256, blob_key, deposited_at)
values (%(account_id)s, %(action)s, %(name)s, %(login)s, %(confirmation)s, %(state)s, %(size)s, %(sha256)s,
        %(blob_key)s, %(deposited_at)s)
returning drop_id;

-- create_whole_drop: a deposit that a call of the API left, whole and out of reach of other senders
insert into drops (account_id, action, name, login, confirmation, state, size, sha256, blob_key, deposited_at,
                   prefix, header, mode, list_id)
values (%(account_id)s, %(action)s, %(name)s, %(login)s, 'http', 'ready', %(size)s, %(sha256)s, %(blob_key)s,
        %(deposited_at)s, %(prefix)s, %(header)s, %(mode)s, %(list_id)s)
returning *;

-- create_sent_drop: what a claimed deposit for several accounts does to another account than its own
insert into drops (account_id, action, name, login, confirmation, state, size, sha256, blob_key, deposited_at,
                   prefix, attempts, claimed_at, sent_account_id, sent_drop_id)
select %(account_id)s, action, name, login, confirmation, 'claimed', size, sha256, '', deposited_at,
       prefix, attempts, claimed_at, account_id, drop_id
from drops where account_id = %(sent_account_id)s and drop_id = %(sent_drop_id)s
returning *;

-- drop_by_id: one deposit
select * from drops where account_id = %(account_id)s and drop_id = %(drop_id)s;

-- drops_of_account: the deposits of an account, newest first
select * from drops
where account_id = %(account_id)s and (%(state)s::text is null or state = %(state)s)
order by drop_id desc
limit %(limit)s;

-- drops_page: some deposits of an account, of those that fit
select * from drops
where account_id = %(account_id)s
  and (%(ids)s::bigint[] is null or drop_id = any(%(ids)s))
  and (%(states)s::text[] is null or state = any(%(states)s))
  and (%(action)s::text is null or action = %(action)s)
  and (%(name)s::text is null or name = %(name)s)
  and (%(after)s::bigint is null or drop_id {beyond} %(after)s)
order by drop_id {direction}
limit %(limit)s offset %(offset)s;

-- count_drops: how many deposits of an account fit
select count(*) as total from drops
where account_id = %(account_id)s
  and (%(ids)s::bigint[] is null or drop_id = any(%(ids)s))
  and (%(states)s::text[] is null or state = any(%(states)s))
  and (%(action)s::text is null or action = %(action)s)
  and (%(name)s::text is null or name = %(name)s);

-- first_applied: the first deposit of these bytes that was applied for this action, but for the one asked about
select drop_id, name, deposited_at from drops
where account_id = %(account_id)s and sha256 = %(sha256)s and action = %(action)s and state = 'applied'
  and undone_at is null and drop_id <> %(drop_id)s and sent_drop_id is null
order by deposited_at, drop_id
limit 1;

-- confirm_drop: an unconfirmed deposit proves whole
update drops set state = 'ready'
where account_id = %(account_id)s and drop_id = %(drop_id)s and state = 'arriving'
returning drop_id;

-- withdraw_drop: forget a deposit that nobody has claimed
delete from drops
where account_id = %(account_id)s and drop_id = %(drop_id)s and state in ('arriving', 'ready')
returning drop_id;

-- oldest_drop: the next deposit in line, to be claimed or waited for; rows of tables may have to stand back
select * from drops
where account_id = %(account_id)s
  and (state in ('ready', 'claimed') or (state = 'arriving' and deposited_at > %(arriving_since)s))
  and not (%(no_tables)s and action = 'batch' and state = 'ready' and lower(right(name, 4)) = '.csv')
order by deposited_at, drop_id
limit 1
for update;

-- waiting_batches: command batches that nobody has claimed yet, in line
select * from drops
where account_id = %(account_id)s and action = 'batch' and state = 'ready'
order by deposited_at, drop_id
limit %(limit)s;

-- accounts_waiting: whose deposits a worker could process now
select distinct account_id from drops where state in ('ready', 'claimed') order by account_id;

-- claim_drop: take a deposit, once more counted
update drops set state = 'claimed', attempts = attempts + 1, claimed_at = %(now)s, prefix = %(prefix)s
where account_id = %(account_id)s and drop_id = %(drop_id)s
returning *;

-- hold_drop: keep others from a claimed deposit while it is applied; no row when the claim was lost
select drop_id from drops
where account_id = %(account_id)s and drop_id = %(drop_id)s and state = 'claimed' and attempts = %(attempts)s
for update;

-- settle_drop: the end of a deposit
update drops set state = %(state)s, settled_at = %(now)s, outcome = %(outcome)s
where account_id = %(account_id)s and drop_id = %(drop_id)s;

-- replace_content: from now on a deposit's bytes are others, such as a copy without its secrets
update drops set blob_key = %(blob_key)s, size = %(size)s, sha256 = %(sha256)s
where account_id = %(account_id)s and drop_id = %(drop_id)s;

-- expire_drops: part with the files of some deposits that were settled before a moment, the oldest first
update drops set files_removed_at = %(now)s
where account_id = %(account_id)s and drop_id in (
    select drop_id from drops
    where account_id = %(account_id)s and settled_at < %(before)s and files_removed_at is null
      and (undone_at is null or undone_at < %(before)s)
    order by settled_at
    limit %(limit)s
)
returning drop_id;

-- park_drop: leave a deposit to a person
update drops set state = 'parked', outcome = %(outcome)s
where account_id = %(account_id)s and drop_id = %(drop_id)s and state = 'claimed';

-- retry_drop: put a parked or unconfirmed deposit back in line
update drops set state = case when claimed_at is null then 'ready' else 'claimed' end, attempts = 0
where account_id = %(account_id)s and drop_id = %(drop_id)s and state in ('parked', 'arriving')
returning drop_id;

-- undo_drop: note that what a deposit did was taken back, and what came of that
update drops set undone_at = %(now)s, undone_by = %(by_whom)s,
                 files_removed_at = case when %(has_report)s then null else files_removed_at end,
                 outcome = outcome || jsonb_build_object('undo', %(undo)s::jsonb)
where account_id = %(account_id)s and drop_id = %(drop_id)s;

-- release_drop: put a refused deposit back in line, as an exception from the guard
update drops set state = 'claimed', attempts = 0, settled_at = null, outcome = null,
                 released_at = %(now)s, released_by = %(by_whom)s
where account_id = %(account_id)s and drop_id = %(drop_id)s and state = 'refused'
returning drop_id;
