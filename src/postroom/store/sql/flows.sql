-- lock_activation: the activation of a flow, which nobody else plans or changes until the transaction ends
select flow, active, options, location, questions, seq, seq_at, act, activated_at from flow_activations
where account_id = %(account_id)s and flow = %(flow)s
for no key update;

-- activations_of_account: which flows an account has or had
select flow, active, options, location, questions, seq, seq_at, act, activated_at from flow_activations
where account_id = %(account_id)s
order by flow;

-- active_flows: what is to be looked at, of whatever account
select account_id, flow, options, activated_at from flow_activations
where active
order by account_id, flow;

-- put_activation: activate a flow, or change how
insert into flow_activations (account_id, flow, active, options, location, questions, seq, seq_at, act, activated_at)
values (%(account_id)s, %(flow)s, true, %(options)s, %(location)s, '{}', %(seq)s, %(seq_at)s, %(act)s, %(now)s)
on conflict (account_id, flow) do update
set active = true, options = excluded.options, location = excluded.location, seq = excluded.seq,
    seq_at = excluded.seq_at, act = excluded.act, activated_at = excluded.activated_at;

-- deactivate: plan no more files of a flow
update flow_activations set active = false where account_id = %(account_id)s and flow = %(flow)s and active
returning flow;

-- move_on: the next window of a flow begins here; questions are those that a survey has by now
update flow_activations set seq = %(seq)s, seq_at = %(seq_at)s, act = %(act)s, questions = %(questions)s
where account_id = %(account_id)s and flow = %(flow)s;

-- last_act: up to which act the consent ledger of an account can be read
select coalesce(max(act_id), 0) as act from consent_acts where account_id = %(account_id)s;

-- seq_before: the last event of an account recorded before a moment
select seq, recorded_at from events
where account_id = %(account_id)s and type = any(%(types)s) and recorded_at < %(moment)s
order by seq desc
limit 1;

-- act_before: the last act of an account's consent ledger before a moment
select coalesce(max(act_id), 0) as act from consent_acts
where account_id = %(account_id)s and acted_at < %(moment)s;

-- questions_between: the questions that a survey's events in a window answer, in the order in which they first came
select q.name from events e, jsonb_object_keys(e.attributes -> 'answers') q (name)
where e.account_id = %(account_id)s and e.type = 'survey.participated' and e.seq > %(after)s and e.seq <= %(up_to)s
  and e.attributes ->> 'surveyName' = %(survey)s and jsonb_typeof(e.attributes -> 'answers') = 'object'
group by q.name
order by min(e.seq), q.name;

-- plan_run: write a window down; no row when there is that file already
insert into flow_runs (account_id, flow, local_date, extra, state, plan, location, from_seq, to_seq, from_at, to_at,
    from_act, to_act, scheduled_at, cut_at, file_name, revision, attempts)
values (%(account_id)s, %(flow)s, %(local_date)s, %(extra)s, 'PLANNED', %(plan)s, %(location)s, %(from_seq)s, %(to_seq)s,
    %(from_at)s, %(to_at)s, %(from_act)s, %(to_act)s, %(scheduled_at)s, %(cut_at)s, %(file_name)s, 1, 0)
on conflict (account_id, flow, local_date, extra) do nothing
returning run_id;

-- has_run: whether a flow has this file of a day
select exists (
    select from flow_runs
    where account_id = %(account_id)s and flow = %(flow)s and local_date = %(local_date)s and extra = %(extra)s
) as found;

-- name_taken: whether another run of an account has a file of that name
select exists (
    select from flow_runs where account_id = %(account_id)s and file_name = %(file_name)s
      and run_id <> %(run_id)s
) as taken;

-- run_by_id: one run
select * from flow_runs where account_id = %(account_id)s and run_id = %(run_id)s;

-- lock_run: one run, which nobody else changes until the transaction ends
select * from flow_runs where account_id = %(account_id)s and run_id = %(run_id)s for no key update;

-- runs_of_account: runs, newest first; of one flow, in one state, before one of them where asked for
select * from flow_runs
where account_id = %(account_id)s
  and (%(flow)s::text is null or flow = %(flow)s)
  and (%(state)s::text is null or state = %(state)s)
  and (%(before)s::bigint is null or run_id < %(before)s)
order by run_id desc
limit %(limit)s;

-- count_runs: how many there are of them in all
select count(*) as runs from flow_runs
where account_id = %(account_id)s
  and (%(flow)s::text is null or flow = %(flow)s)
  and (%(state)s::text is null or state = %(state)s);

-- runs_of_day: the runs of a day that have a file, for its manifest: those for some locations, or for none
select * from flow_runs
where account_id = %(account_id)s and local_date = %(local_date)s and sha256 is not null
  and case when %(locations)s::text[] is null then location is null else location = any(%(locations)s) end
order by flow, extra;

-- send_again: the same bytes are to be brought to a location again
update flow_runs
set state = 'GENERATED', location = %(location)s, published_at = null, failure = null, tries = 0, tried_since = null, next_at = null,
    leased_until = null, anew = null
where account_id = %(account_id)s and run_id = %(run_id)s;

-- forget_bytes: runs let go of files that were kept for long enough, unless these are still on their way
with old as (
    select run_id, blob_key from flow_runs
    where account_id = %(account_id)s and blob_key is not null and generated_at < %(before)s
      and (state in ('PUBLISHED', 'FAILED') or location is null)
)
update flow_runs r set blob_key = null from old
where r.account_id = %(account_id)s and r.run_id = old.run_id
returning old.blob_key;
