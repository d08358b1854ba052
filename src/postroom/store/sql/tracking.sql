-- tracked_messages: messages that were opened or clicked, with what their events say; looked up one by one
select m.message_id, m.campaign_id, m.contact_id, m.channel, m.address, coalesce(m.sent_at, m.claimed_at, m.due_at) as sent_at,
       c.is_test, m.opened_at is not null as opened, m.clicked_at is not null as clicked
from unnest(%(message_ids)s::bigint[]) as w (message_id)
cross join lateral (
    select message_id, campaign_id, contact_id, channel, address, sent_at, claimed_at, due_at, opened_at, clicked_at
    from messages
    where account_id = %(account_id)s and message_id = w.message_id
    limit 1
) m
cross join lateral (
    select is_test from campaigns where account_id = %(account_id)s and campaign_id = m.campaign_id
    limit 1
) c;

-- tracked_links: links of campaigns, by campaign and number
select w.campaign_id, w.link_id, l.url, l.name, l.categories
from unnest(%(campaign_ids)s::bigint[], %(link_ids)s::int[]) as w (campaign_id, link_id)
cross join lateral (
    select url, name, categories from campaign_links
    where account_id = %(account_id)s and campaign_id = w.campaign_id and link_id = w.link_id
    limit 1
) l;

-- note_answered: note that messages were opened or clicked, and tell which were for the first time; locks them in their order
with held as materialized (
    select t.message_id, t.opened, t.clicked, m.opened_at, m.clicked_at
    from unnest(%(message_ids)s::bigint[], %(opened)s::boolean[], %(clicked)s::boolean[])
        as t (message_id, opened, clicked)
    cross join lateral (
        select opened_at, clicked_at from messages
        where account_id = %(account_id)s and message_id = t.message_id
        limit 1
        for no key update
    ) m
)
update messages m
set opened_at = case when h.opened then coalesce(h.opened_at, %(now)s) else h.opened_at end,
    clicked_at = case when h.clicked then coalesce(h.clicked_at, %(now)s) else h.clicked_at end
from held h
where m.account_id = %(account_id)s and m.message_id = h.message_id
returning m.message_id, h.opened and h.opened_at is null as first_opening,
          h.clicked and h.clicked_at is null as first_click;

-- note_clicks: note that links of messages were clicked, in their order; return which click of each was the first
insert into clicked_links as c
    (account_id, message_id, link_id, campaign_id, contact_id, first_event, clicked_at, event_id)
select %(account_id)s, t.*
from unnest(
    %(message_ids)s::bigint[], %(link_ids)s::int[], %(campaign_ids)s::bigint[], %(contact_ids)s::bigint[],
    %(first_events)s::uuid[], %(clicked_at)s::timestamptz[], %(event_ids)s::uuid[]
) as t (message_id, link_id, campaign_id, contact_id, first_event, clicked_at, event_id)
on conflict (account_id, message_id, link_id) do update
set clicked_at = coalesce(excluded.clicked_at, c.clicked_at), event_id = coalesce(excluded.event_id, c.event_id)
returning message_id, link_id, first_event;

-- last_click: the last link that a contact has clicked since a moment
select message_id, campaign_id, link_id, clicked_at, event_id from clicked_links
where account_id = %(account_id)s and contact_id = %(contact_id)s and clicked_at >= %(since)s
order by clicked_at desc
limit 1;

-- sender_of_campaign: as whom the messages of a campaign are sent
select content ->> 'sender' as sender from campaigns
where account_id = %(account_id)s and campaign_id = %(campaign_id)s;
