-- accounts_with_events: who has any event, that is who may have reports
select account_id from event_counters where last_seq > 0 order by account_id;

-- known_days: the days of an account from one on, and how far each is
select day, up_to_seq, closed, written_at from report_days
where account_id = %(account_id)s and day >= %(since)s
order by day;

-- hold_day: note how far a day is, and keep others from it; no row where it is closed
insert into report_days as d (account_id, day, up_to_seq, closed, written_at)
values (%(account_id)s, %(day)s, %(up_to_seq)s, %(closed)s, %(now)s)
on conflict (account_id, day) do update
set up_to_seq = excluded.up_to_seq, closed = excluded.closed, written_at = excluded.written_at
where not d.closed and d.up_to_seq <= excluded.up_to_seq
returning day;

-- forget_days: forget the days of before one
delete from report_days where account_id = %(account_id)s and day < %(before)s;

-- campaigns_between: the campaigns about which there are events recorded in a while, up to one of them
select c.campaign_id, c.name, c.channel
from campaigns c
where c.account_id = %(account_id)s and c.campaign_id in (
    select campaign_id from events
    where account_id = %(account_id)s and recorded_at >= %(first)s and recorded_at < %(end)s
      and seq <= %(up_to)s and type like 'message.%%'
)
order by c.campaign_id;

-- reactions: who opened, clicked and opted out, and what about, campaign by campaign or all together; a part of a COPY
select {campaign} as campaign_id, e.channel, e.type, e.contact_id, max(e.address) as address
from events e
where e.account_id = {account_id} and e.type in ('message.opened', 'message.clicked', 'message.unsubscribed')
  and e.recorded_at >= {first} and e.recorded_at < {end} and e.seq <= {up_to}
  and e.campaign_id is not null and e.contact_id is not null
  and coalesce(
      (e.attributes ->> case e.type when 'message.opened' then 'machineOpening' when 'message.clicked' then 'machineClick' end)::boolean,
      false
  ) = false
group by 1, 2, 3, 4;

-- reaction_lines: the same, with the contacts as they are now, in the order of campaigns and files
copy (
    with reactions as materialized ({reactions})
    select r.campaign_id, r.channel, r.type, {columns}
    from reactions r join contacts c on c.account_id = {account_id} and c.contact_id = r.contact_id
    order by r.campaign_id, r.channel, r.type, r.contact_id
) to stdout (format csv, delimiter {separator});

-- reported_days: the days of an account that have reports
select d.day from report_days d
where d.account_id = %(account_id)s and exists (
    select from files f
    where f.account_id = %(account_id)s and f.directory = 'reporting/' || to_char(d.day, 'YYYY-MM-DD')
)
order by d.day;
