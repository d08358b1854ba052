-- count_events: take the next numbers of an account; the last lock of its transaction
insert into event_counters as c (account_id, last_seq, last_at)
values (%(account_id)s, %(count)s, %(now)s)
on conflict (account_id) do update
set last_seq = c.last_seq + excluded.last_seq, last_at = greatest(c.last_at, excluded.last_at)
returning last_seq, last_at;

-- claim_keys: which of these keys are new; they are known from now on
insert into event_keys (account_id, key, seen_at)
select %(account_id)s, k.key, %(now)s from unnest(%(keys)s::text[]) k (key)
on conflict (account_id, key) do nothing
returning key;

-- cut: up to which event an account can be read, and when that was recorded
select last_seq, last_at from event_counters where account_id = %(account_id)s;

-- events_between: the events of some types after one number and up to another, in order
select seq, event_id, recorded_at, type, source, at, channel, contact_id, campaign_id, message_id, address, attributes
from events
where account_id = %(account_id)s and type = any(%(types)s) and seq > %(after)s and seq <= %(up_to)s
order by seq
limit %(limit)s;

-- days_with_partitions: the days that have a partition of their own, whatever account_id
select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'events'::regclass and c.relname ~ '^events_\d{8}$'
order by c.relname;

-- forget_other_days: remove an account's events of before a moment that stand in no partition of their day
delete from events_of_other_days where account_id = %(account_id)s and recorded_at < %(before)s;

-- forget_keys: forget what an account's events seen before a moment were called at their source
delete from event_keys where account_id = %(account_id)s and seen_at < %(before)s;
