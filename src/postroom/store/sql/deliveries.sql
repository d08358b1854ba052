-- claim_delivery: the oldest file of a flow that is to be brought to its location, if it is due and nobody is at it
with oldest as (
    select run_id, next_at, leased_until from flow_runs
    where account_id = %(account_id)s and flow = %(flow)s and state in ('GENERATED', 'UPLOADED_TMP')
      and location is not null
    order by run_id
    limit 1
    for no key update skip locked
)
update flow_runs r
set leased_until = %(until)s, tries = r.tries + 1, tried_since = coalesce(r.tried_since, %(now)s)
from oldest
where r.account_id = %(account_id)s and r.run_id = oldest.run_id
  and (oldest.next_at is null or oldest.next_at <= %(now)s)
  and (oldest.leased_until is null or oldest.leased_until <= %(now)s)
returning r.*;

-- note_uploaded: the bytes are at the location, under another name
update flow_runs set state = 'UPLOADED_TMP', leased_until = %(until)s
where account_id = %(account_id)s and run_id = %(run_id)s and tries = %(tries)s
  and state in ('GENERATED', 'UPLOADED_TMP')
returning run_id;

-- note_generated: the bytes are not at the location (any more)
update flow_runs set state = 'GENERATED', leased_until = %(until)s
where account_id = %(account_id)s and run_id = %(run_id)s and tries = %(tries)s and state = 'UPLOADED_TMP'
returning run_id;

-- note_published: a file is at its location
update flow_runs
set state = 'PUBLISHED', published_at = %(now)s, failure = null, next_at = null, leased_until = null
where account_id = %(account_id)s and run_id = %(run_id)s and tries = %(tries)s
  and state in ('GENERATED', 'UPLOADED_TMP')
returning *;

-- note_later: a try did not succeed; there will be another one
update flow_runs set failure = %(failure)s, next_at = %(next_at)s, leased_until = null
where account_id = %(account_id)s and run_id = %(run_id)s and tries = %(tries)s
  and state in ('GENERATED', 'UPLOADED_TMP')
returning run_id;

-- note_failed: a file is not tried again before somebody says so
update flow_runs set state = 'FAILED', failure = %(failure)s, next_at = null, leased_until = null
where account_id = %(account_id)s and run_id = %(run_id)s and tries = %(tries)s
  and state in ('GENERATED', 'UPLOADED_TMP')
returning *;

-- due_deliveries: the flows that have a file to be brought to its location now, of whatever account_id
select distinct account_id, flow from flow_runs
where state in ('GENERATED', 'UPLOADED_TMP') and location is not null
  and (next_at is null or next_at <= %(now)s) and (leased_until is null or leased_until <= %(now)s)
order by account_id, flow;

-- users_of_location: the active flows of an account that go to a location
select flow from flow_activations
where account_id = %(account_id)s and active and location = %(location)s
order by flow;

-- runs_under_way: the runs of an account whose files are still to be made or brought to a location
select * from flow_runs
where account_id = %(account_id)s and state in ('PLANNED', 'GENERATED', 'UPLOADED_TMP')
  and (location = %(location)s or anew ->> 'location' = %(location)s)
order by run_id;

-- begin_anew: files on their way to a location that is another place by now begin anew; who is at one has lost it
update flow_runs
set state = 'GENERATED', tries = tries + 1, tried_since = null, next_at = null, leased_until = null
where account_id = %(account_id)s and location = %(location)s and state in ('GENERATED', 'UPLOADED_TMP')
returning flow;

-- try_soon: files on their way to a location are due, and are tried for as long as if they were new
update flow_runs set tried_since = null, next_at = null
where account_id = %(account_id)s and location = %(location)s and state in ('GENERATED', 'UPLOADED_TMP')
returning flow;
