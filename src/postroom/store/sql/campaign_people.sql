-- asked: which messages `m` are asked for, by state, address and the reason for which they were given up; a part of others
(%(state)s::text is null or m.state = %(state)s)
  and (%(address)s::text is null or m.address = %(address)s)
  and (%(reason)s::text is null or m.message_id in (
    select e.message_id from events e
    where e.account_id = %(account_id)s and e.campaign_id = %(campaign_id)s and e.type = 'message.not_sent'
      and e.message_id is not null and e.recorded_at >= %(since)s and e.attributes ->> 'reason' = %(reason)s
  ))

-- left_out: which events tell of people of a campaign for whom no message was made, as far as asked for; a part of others
campaign_id = %(campaign_id)s and type = 'message.not_sent' and message_id is null
  and recorded_at >= %(since)s
  and (%(reason)s::text is null or attributes ->> 'reason' = %(reason)s)
  and (%(address)s::text is null or address = %(address)s)

-- people_with_messages: messages of a campaign by contact, with the reason where one was given up
select m.contact_id, m.message_id, m.address, m.state, case when m.state = 'waiting' then m.due_at end as due_at, m.sent_at,
       m.provider, m.answer, given_up.reason
from messages m
left join lateral (
    select e.attributes ->> 'reason' as reason from events e
    where e.account_id = m.account_id and e.campaign_id = m.campaign_id and e.type = 'message.not_sent'
      and e.message_id = m.message_id and e.recorded_at >= %(since)s
    limit 1
) given_up on m.state in ('failed', 'cancelled')
where m.account_id = %(account_id)s and m.campaign_id = %(campaign_id)s
  and (m.contact_id, m.message_id) > (%(contact_id)s, %(message_id)s)
  and {asked}
order by m.contact_id, m.message_id
limit %(limit)s;

-- people_without_messages: people of a campaign for whom no message was made, in the order in which that was recorded
select seq, contact_id, address, attributes ->> 'reason' as reason
from events
where account_id = %(account_id)s and {left_out} and seq > %(seq)s
order by seq
limit %(limit)s;

-- count_people: how many people of a campaign there are, with a message or without
select (
    select count(*) from messages m
    where m.account_id = %(account_id)s and m.campaign_id = %(campaign_id)s and {asked}
) + (
    select count(*) from events
    where account_id = %(account_id)s and {left_out} and (%(state)s::text is null or %(state)s = 'no_message')
) as people;
