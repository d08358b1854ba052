-- make_messages: a message for each person of a target who may get one; who gets none, and why, as array literals
with target as (
    {target}
),
judged as (
    select t.contact_id, t.format, t.address,
        case
            when t.address is null then 'NO_ADDRESS'
            {barring}
            when row_number() over (partition by t.address order by t.contact_id) > 1 then 'DUPLICATE_ADDRESS'
        end as reason
    from target t {standing}
),
made as (
    insert into messages (account_id, campaign_id, contact_id, channel, address, format, state, due_at, attempts)
    select %(account_id)s, %(campaign_id)s, contact_id, %(channel)s, address, format, 'waiting', %(now)s, 0
    from judged
    where reason is null
)
select count(*) filter (where reason is null) as messages,
       count(*) filter (where reason is not null) as people,
       (array_agg(contact_id) filter (where reason is not null))::text as contacts,
       (array_agg(null::bigint) filter (where reason is not null))::text as message_ids,
       (array_agg(address) filter (where reason is not null))::text as addresses,
       (array_agg(reason) filter (where reason is not null))::text as reasons
from judged;

-- make_single_messages: a message for each of some people who are meant by their keys; those who get none, and why
with target as (
    select g.place, g.format, g.own, c.contact_id, c.{address} collate "C" as address
    from unnest(%(keys)s::uuid[], %(formats)s::smallint[], %(owns)s::jsonb[])
        with ordinality as g (key, format, own, place)
    left join contacts c on c.account_id = %(account_id)s and c.dedup_key = g.key
),
judged as (
    select t.*,
        case
            when t.address is null then 'NO_ADDRESS'
            {barring}
            when %(cancelled)s then 'CAMPAIGN_CANCELLED'
        end as reason
    from target t {standing}
),
made as (
    insert into messages (account_id, campaign_id, contact_id, channel, address, format, own, state, due_at, attempts)
    select %(account_id)s, %(campaign_id)s, contact_id, %(channel)s, address, format, own, 'waiting', %(now)s, 0
    from judged
    where reason is null
    order by place
)
select place, contact_id, address, reason from judged where reason is not null order by place;

-- target_of_list: people on a list for whom a condition holds
select m.contact_id, c.{address} collate "C" as address,
       case when %(by_mail)s then coalesce(%(format)s::smallint, m.format, 99::smallint) end as format
from memberships m
join contacts c on c.account_id = %(account_id)s and c.contact_id = m.contact_id
where m.account_id = %(account_id)s and m.list_id = %(list_id)s and {condition}

-- target_with_seeds: people on a list for whom a condition holds, and all of another list, each once
select distinct on (m.contact_id) m.contact_id, c.{address} collate "C" as address,
       case when %(by_mail)s then coalesce(%(format)s::smallint, m.format, 99::smallint) end as format
from memberships m
join contacts c on c.account_id = %(account_id)s and c.contact_id = m.contact_id
where m.account_id = %(account_id)s
  and ((m.list_id = %(list_id)s and {condition}) or m.list_id = %(seed_list_id)s)
order by m.contact_id, m.list_id <> %(list_id)s

-- target_of_contacts: some people, whatever lists they are on
select c.contact_id, c.{address} collate "C" as address,
       case when %(by_mail)s then coalesce(%(format)s::smallint, m.format, 99::smallint) end as format
from contacts c
left join memberships m
    on m.account_id = %(account_id)s and m.list_id = %(list_id)s and m.contact_id = c.contact_id
where c.account_id = %(account_id)s and c.contact_id = any(%(contact_ids)s)

-- barring: why the address of a target must not be written to, the strongest reason first
            when om.reason = 4 or ol.reason = 4 or s.kind = 'BLACKLIST' then 'BLACKLISTED'
            when om.reason < 3 or ol.reason < 3 or u.address is not null then 'NOT_SUBSCRIBED'
            when om.reason = 3 or ol.reason = 3 or s.kind = 'QUARANTINE_LONG_TERM' then 'QUARANTINE_LONG_TERM'
            when s.kind is not null then 'QUARANTINE_TEMPORARY'

-- standing: what is known of the addresses of a target
    left join optouts om
        on om.account_id = %(account_id)s and om.scope = %(medium)s and om.address = t.address
    left join optouts ol
        on ol.account_id = %(account_id)s and ol.scope = %(list_scope)s and ol.address = t.address
    left join universal_optouts u on u.address = t.address
    left join suppressions s
        on s.account_id = %(account_id)s and s.channel = %(medium)s and s.address = t.address
        and (s.until_at is null or s.until_at > %(now)s)

-- is_anybody: whether somebody is on a list for whom a condition holds, or anybody on a list of seeds
select exists (
    select from memberships m
    join contacts c on c.account_id = %(account_id)s and c.contact_id = m.contact_id
    where m.account_id = %(account_id)s and m.list_id = %(list_id)s and {condition}
) or exists (
    select from memberships where account_id = %(account_id)s and list_id = %(seed_list_id)s::bigint
) as found;

-- is_long: whether a list has more people than are looked up one by one
select count(*) > %(most)s as long from (
    select from memberships where account_id = %(account_id)s and list_id = %(list_id)s limit %(most)s + 1
) as people;

-- record_not_sent: people who get no message, as events numbered from `first` on
insert into events (
    account_id, seq, recorded_at, at, event_id, type, source, channel, contact_id, campaign_id, message_id, address,
    attributes
)
select %(account_id)s, %(first)s::bigint + g.n - 1, %(recorded_at)s, %(now)s,
       overlay(overlay(md5(%(salt)s || g.n) placing '8' from 13) placing '8' from 17)::uuid,
       'message.not_sent', 'SYSTEM', %(channel)s, g.contact_id, %(campaign_id)s, g.message_id, g.address,
       jsonb_build_object('reason', g.reason)
from unnest(%(contacts)s::bigint[], %(message_ids)s::bigint[], %(addresses)s::text[], %(reasons)s::text[])
     with ordinality as g (contact_id, message_id, address, reason, n);

-- contacts_at: contacts of the account that have one of these addresses, the oldest of each
select distinct on (address) c.contact_id, c.{address} collate "C" as address
from contacts c
where c.account_id = %(account_id)s and c.{address} = any(%(addresses)s)
order by address, c.contact_id;

-- contacts_among: which of these contacts the account has
select contact_id from contacts where account_id = %(account_id)s and contact_id = any(%(contact_ids)s);
