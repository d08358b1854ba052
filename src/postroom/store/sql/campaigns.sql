-- create_campaign: write a campaign down
insert into campaigns (
    account_id, name, kind, channel, list_id, template_id, content, options, is_test, state, created_at, created_by,
    launched_at
)
values (
    %(account_id)s, %(name)s, %(kind)s, %(channel)s, %(list_id)s, %(template_id)s, %(content)s, %(options)s, %(is_test)s,
    %(state)s, %(now)s, %(created_by)s, %(launched_at)s
)
returning *;

-- sticky_campaign: find the campaign that `send` feeds under a name, or make it
insert into campaigns (
    account_id, name, kind, channel, list_id, template_id, content, options, is_test, state, created_at, created_by,
    launched_at
)
values (
    %(account_id)s, %(name)s, 'TRANSACTIONAL', %(channel)s, %(list_id)s, %(template_id)s, %(content)s, %(options)s, false,
    'running', %(now)s, %(created_by)s, %(now)s
)
on conflict (account_id, list_id, name, template_id, coalesce(options ->> 'subject', '')) where kind = 'TRANSACTIONAL'
do update set content = excluded.content
returning *, xmax = 0 as made;

-- campaign_by_id: one campaign
select * from campaigns where account_id = %(account_id)s and campaign_id = %(campaign_id)s;

-- lock_campaign: one campaign, which nobody else changes until the transaction ends
select * from campaigns where account_id = %(account_id)s and campaign_id = %(campaign_id)s for update;

-- newest_campaign_named: the newest campaign of a name, but for tests
select * from campaigns
where account_id = %(account_id)s and name = %(name)s and not is_test
order by campaign_id desc
limit 1;

-- campaigns_of_account: campaigns, the newest first
select * from campaigns
where account_id = %(account_id)s
  and (%(before)s::bigint is null or campaign_id < %(before)s)
  and (%(state)s::text is null or state = %(state)s)
  and (is_test = %(is_test)s)
order by campaign_id desc
limit %(limit)s;

-- names_used: what list, seed list, segment and template of campaigns are called now; null for what is gone
select c.campaign_id, l.name as list, d.name as seed_list, s.name as segment, t.name as template
from campaigns c
left join lists l on l.account_id = %(account_id)s and l.list_id = c.list_id
left join lists d on d.account_id = %(account_id)s and d.list_id = (c.options ->> 'seed_list_id')::bigint
left join segments s on s.account_id = %(account_id)s and s.segment_id = (c.options ->> 'segment_id')::bigint
left join templates t on t.account_id = %(account_id)s and t.template_id = c.template_id
where c.account_id = %(account_id)s and c.campaign_id = any(%(campaign_ids)s);

-- waiting_users: campaigns still to be launched that are made of a template, or for a segment
select campaign_id, name from campaigns
where account_id = %(account_id)s and not is_test
  and (state in ('draft', 'scheduled') or (state = 'paused' and launched_at is null))
  and (template_id = %(template_id)s::bigint or (options ->> 'segment_id')::bigint = %(segment_id)s::bigint)
order by campaign_id;

-- count_campaigns: how many campaigns there are
select count(*) as campaigns from campaigns
where account_id = %(account_id)s and (%(state)s::text is null or state = %(state)s) and is_test = %(is_test)s;

-- update_campaign: a campaign goes on in its life
update campaigns
set state = %(state)s, content = %(content)s, channel = %(channel)s, scheduled_at = %(scheduled_at)s,
    launched_at = %(launched_at)s, finished_at = %(finished_at)s, remark = %(remark)s
where account_id = %(account_id)s and campaign_id = %(campaign_id)s;

-- set_links: write down the links of a campaign's content; those of an earlier one may still be clicked on
insert into campaign_links (account_id, campaign_id, link_id, url, name, categories)
select %(account_id)s, %(campaign_id)s, g.link_id, g.url, g.name, array(select jsonb_array_elements_text(g.categories))
from unnest(%(link_ids)s::int[], %(urls)s::text[], %(names)s::text[], %(categories)s::jsonb[])
     as g (link_id, url, name, categories)
on conflict (account_id, campaign_id, link_id) do update
set url = excluded.url, name = excluded.name, categories = excluded.categories;

-- due_campaigns: campaigns of all accounts that should have been launched before a moment
select account_id, campaign_id, scheduled_at from campaigns where state = 'scheduled' and scheduled_at <= %(moment)s;

-- quiet_campaigns: launched campaigns of all accounts of which no message waits for anything, or for anybody
select c.account_id, c.campaign_id from campaigns c
where c.state = 'running' and c.kind <> 'TRANSACTIONAL' and c.launched_at is not null
  and not exists (
      select from messages m
      where m.account_id = c.account_id and m.campaign_id = c.campaign_id and m.state = 'waiting'
  )
  and not exists (
      select from messages m
      where m.account_id = c.account_id and m.campaign_id = c.campaign_id and m.state in ('claimed', 'in_doubt')
  );

-- cancelled_with_waiting: cancelled campaigns of all accounts of which messages wait all the same
select c.account_id, c.campaign_id from campaigns c
where c.state = 'cancelled'
  and exists (
      select from messages m
      where m.account_id = c.account_id and m.campaign_id = c.campaign_id and m.state = 'waiting'
  );

-- has_open: whether some message of a campaign waits, is being handed over, or is in doubt
select exists (
    select from messages m
    where m.account_id = %(account_id)s and m.campaign_id = %(campaign_id)s and m.state = 'waiting'
) or exists (
    select from messages m
    where m.account_id = %(account_id)s and m.campaign_id = %(campaign_id)s and m.state in ('claimed', 'in_doubt')
) as found;

-- cancel_waiting: messages that wait are sent to nobody; whose they are, as array literals
with gone as (
    update messages set state = 'cancelled'
    where account_id = %(account_id)s and campaign_id = %(campaign_id)s and state = 'waiting'
    returning message_id, contact_id, address
)
select count(*) as people, array_agg(contact_id)::text as contacts, array_agg(message_id)::text as message_ids,
       array_agg(address)::text as addresses, array_agg('CAMPAIGN_CANCELLED'::text)::text as reasons
from gone;
