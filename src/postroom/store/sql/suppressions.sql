-- hold_suppression: the list that an address is on, held until the commit
select address, channel, kind, reason, bounces, since_at, until_at, contact_id, campaign_id, ended_for
from suppressions
where account_id = %(account_id)s and address = %(address)s and channel = %(channel)s
for update;

-- suppression_of: the list that an address is on
select address, channel, kind, reason, bounces, since_at, until_at, contact_id, campaign_id, ended_for
from suppressions
where account_id = %(account_id)s and address = %(address)s and channel = %(channel)s
  and (until_at is null or until_at > %(now)s);

-- put_suppression: put an address on a list, in the place of the one that it was on
insert into suppressions (
    account_id, address, channel, kind, reason, bounces, since_at, until_at, contact_id, campaign_id
)
values (
    %(account_id)s, %(address)s, %(channel)s, %(kind)s, %(reason)s, %(bounces)s, %(since_at)s, %(until_at)s,
    %(contact_id)s, %(campaign_id)s
)
on conflict (account_id, address, channel) do update
set kind = excluded.kind, reason = excluded.reason, bounces = excluded.bounces, since_at = excluded.since_at,
    until_at = excluded.until_at, contact_id = excluded.contact_id, campaign_id = excluded.campaign_id,
    ended_for = null;

-- remove_suppression: take an address off its list
delete from suppressions
where account_id = %(account_id)s and address = %(address)s and channel = %(channel)s
returning address;

-- take_ended: take those off their lists whose time is over, the first to end first
delete from suppressions
where (account_id, address, channel) in (
    select account_id, address, channel from suppressions
    where account_id = %(account_id)s and until_at <= %(now)s
    order by until_at
    limit %(limit)s
    for update skip locked
)
returning address, channel, kind, reason, bounces, since_at, until_at, contact_id, campaign_id, ended_for;

-- end_suppressions: let what bounces and complaints did to these addresses end now, and say what for
update suppressions set until_at = %(now)s, ended_for = %(ended_for)s
where account_id = %(account_id)s and channel = %(channel)s and reason in ('HARDBOUNCE', 'COMPLAINT')
  and address = any(array(select unnest(%(addresses)s::text[])));

-- accounts_with_ended: which accounts have addresses whose time is over, by account_id
select distinct account_id from suppressions where until_at <= %(now)s order by account_id;

-- count_bounce: count a bounce against an address; how many there were of each type
insert into bounce_series as b (account_id, address, channel, hard, soft, last_at)
values (%(account_id)s, %(address)s, %(channel)s, %(hard)s, %(soft)s, %(now)s)
on conflict (account_id, address, channel) do update
set hard = b.hard + excluded.hard, soft = b.soft + excluded.soft, last_at = excluded.last_at
returning hard, soft;

-- forget_bounces: begin to count anew for an address
delete from bounce_series
where account_id = %(account_id)s and address = %(address)s and channel = %(channel)s;

-- bounces_of: how often an address bounced
select hard, soft, last_at from bounce_series
where account_id = %(account_id)s and address = %(address)s and channel = %(channel)s;

-- read_suppressions: addresses on lists, in their order
select address, channel, kind, reason, bounces, since_at, until_at, contact_id, campaign_id, ended_for
from suppressions
where account_id = %(account_id)s and channel = %(channel)s and address > %(after)s
  and (%(kind)s::text is null or kind = %(kind)s) and (until_at is null or until_at > %(now)s)
order by address
limit %(limit)s;

-- count_suppressions: how many addresses are on each list
select kind, count(*) as addresses from suppressions
where account_id = %(account_id)s and channel = %(channel)s and (until_at is null or until_at > %(now)s)
group by kind;
