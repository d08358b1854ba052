-- begin_generation: count an attempt at making a planned file, if it is due
update flow_runs set attempts = attempts + 1, tried_since = coalesce(tried_since, %(now)s), next_at = null
where account_id = %(account_id)s and run_id = %(run_id)s and state = 'PLANNED'
  and (next_at is null or next_at <= %(now)s)
returning *;

-- note_unmade: an attempt at making a file failed; there will be another one
update flow_runs set tries = tries + 1, attempts = tries + 1, failure = %(failure)s, next_at = %(next_at)s
where account_id = %(account_id)s and run_id = %(run_id)s and state = 'PLANNED'
  and anew is not distinct from %(anew)s::jsonb;

-- record_generated: the file of a run is there, of this revision, or the one after it where it was made anew
update flow_runs
set state = %(state)s, rows = %(rows)s, left_out = %(left_out)s, remarks = %(remarks)s, size = %(size)s,
    sha256 = %(sha256)s, blob_key = %(blob_key)s, generated_at = %(now)s, published_at = null, failure = null,
    tries = 0, tried_since = null, next_at = null, revision = revision + case when anew is null then 0 else 1 end, plan = coalesce(anew -> 'plan', plan),
    file_name = coalesce(anew ->> 'file_name', file_name),
    location = case when anew is null then location else anew ->> 'location' end, anew = null
where account_id = %(account_id)s and run_id = %(run_id)s and state = 'PLANNED' and revision = %(revision)s
  and anew is not distinct from %(anew)s::jsonb
returning *;

-- fail_generation: a file could not be made, again and again; of one that was made anew the former one stays
update flow_runs
set state = coalesce(anew ->> 'state', 'FAILED'), failure = %(failure)s, anew = null, tries = 0, tried_since = null,
    next_at = null
where account_id = %(account_id)s and run_id = %(run_id)s and state = 'PLANNED'
returning *;

-- generate_again: make the file of a window anew; all that is told of the former one stays until then
update flow_runs
set state = 'PLANNED', attempts = 0, anew = %(anew)s, failure = null, tries = 0, tried_since = null, next_at = null,
    leased_until = null
where account_id = %(account_id)s and run_id = %(run_id)s;

-- planned_runs: runs whose files are to be made now, of whatever account
select account_id, run_id, flow from flow_runs
where state = 'PLANNED' and (next_at is null or next_at <= %(now)s)
order by account_id, run_id;
