-- count_messages: how many messages of a campaign are in each state, and how many of those sent did not come back
with returned as materialized (
    select distinct e.message_id from events e
    where e.account_id = %(account_id)s and e.campaign_id = %(campaign_id)s and e.type = 'message.bounced'
      and e.recorded_at >= %(since)s
)
select count(*) as made,
       count(*) filter (where m.state = 'waiting') as waiting,
       count(*) filter (where m.state = 'claimed') as claimed,
       count(*) filter (where m.state = 'sent') as sent,
       count(*) filter (where m.state = 'failed') as failed,
       count(*) filter (where m.state = 'cancelled') as cancelled,
       count(*) filter (where m.state = 'in_doubt') as in_doubt,
       count(*) filter (where m.state = 'failed' and r.message_id is not null) as refused,
       count(*) filter (where m.state = 'sent' and r.message_id is null) as kept
from messages m left join returned r on r.message_id = m.message_id
where m.account_id = %(account_id)s and m.campaign_id = %(campaign_id)s;

-- waiting_for: what was said last of most of a campaign's messages that wait, of those that come last: what was put off is there
select mode() within group (order by answer) as answer
from (
    select answer from messages
    where account_id = %(account_id)s and campaign_id = %(campaign_id)s and state = 'waiting'
    order by due_at desc, message_id desc
    limit 1000
) latest;

-- count_several: whom campaigns are for, and how many of their messages were sent
select g.campaign_id, m.made + e.never + e.ready as targeted, m.sent
from unnest(%(campaign_ids)s::bigint[]) as g (campaign_id)
cross join lateral (
    select count(*) as made, count(*) filter (where state = 'sent') as sent from messages
    where account_id = %(account_id)s and campaign_id = g.campaign_id
) as m
cross join lateral (
    select count(*) filter (where type = 'message.not_sent' and message_id is null) as never,
           count(distinct coalesce(message_id, contact_id)) filter (where type = 'batch.ready') as ready
    from events
    where account_id = %(account_id)s and campaign_id = g.campaign_id and recorded_at >= %(since)s
      and type in ('message.not_sent', 'batch.ready')
) as e;

-- count_not_sent: why people of a campaign got no message, and of how many there never was one
select attributes ->> 'reason' as reason, count(*) as people, count(*) filter (where message_id is null) as never
from events
where account_id = %(account_id)s and campaign_id = %(campaign_id)s and type = 'message.not_sent'
  and recorded_at >= %(since)s
group by 1
order by 1;

-- explain_not_sent: what was told beside the reasons, the most frequent for each
select reason, detail, people
from (
    select attributes ->> 'reason' as reason, attributes ->> 'reasonDetail' as detail, count(*) as people,
           row_number() over (partition by attributes ->> 'reason' order by count(*) desc, attributes ->> 'reasonDetail') as place
    from events
    where account_id = %(account_id)s and campaign_id = %(campaign_id)s and type = 'message.not_sent'
      and recorded_at >= %(since)s and attributes ? 'reasonDetail'
    group by 1, 2
) as told
where place <= %(most)s
order by reason, place;

-- count_answers: of how many messages or people of a campaign something is told, by what and whether a machine did it
select type, coalesce((attributes ->> 'machineOpening')::boolean, (attributes ->> 'machineClick')::boolean, false) as machine,
       attributes ->> 'bounceType' as bounce, count(distinct coalesce(message_id, contact_id)) as messages, count(*) as events
from events
where account_id = %(account_id)s and campaign_id = %(campaign_id)s and recorded_at >= %(since)s
  and type in ('message.delivered', 'message.bounced', 'message.opened', 'message.clicked', 'message.unsubscribed',
               'complaint.received', 'batch.ready', 'batch.downloaded')
group by 1, 2, 3;
