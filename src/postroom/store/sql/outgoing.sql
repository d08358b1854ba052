-- take_due: lock messages of an account's running campaigns that are due, single ones first, then by their time
with busy as materialized (
    select c.campaign_id, c.list_id, c.is_test, c.kind = 'TRANSACTIONAL' as single, due.first_at
    from campaigns c
    cross join lateral (
        select m.due_at as first_at from messages m
        where m.account_id = c.account_id and m.campaign_id = c.campaign_id and m.state = 'waiting'
          and m.due_at <= %(now)s
        order by m.due_at
        limit 1
    ) due
    where c.account_id = %(account_id)s and c.state = 'running' and c.channel = %(channel)s
    order by single desc, due.first_at
    limit 4
)
select m.message_id, m.campaign_id, m.contact_id, m.address, m.format, m.own, m.due_at, m.attempts, m.tried_at, m.paced,
       b.list_id, b.is_test
from busy b
cross join lateral (
    select * from messages m
    where m.account_id = %(account_id)s and m.campaign_id = b.campaign_id and m.state = 'waiting'
      and m.due_at <= %(now)s
    order by m.due_at, m.message_id
    limit %(limit)s
    for update skip locked
) m
order by b.single desc, m.due_at, m.message_id
limit %(limit)s;

-- claim_messages: they are being handed over by whoever has this claim
update messages
set state = 'claimed', claim = %(claim)s, claimed_at = %(now)s, attempts = attempts + 1,
    tried_at = coalesce(tried_at, %(now)s), paced = false
where account_id = %(account_id)s and message_id = any(array(select unnest(%(message_ids)s::bigint[])));

-- begin_claim: note that somebody who lives hands messages over
insert into message_claims (account_id, claim, channel, beat_at, handing)
values (%(account_id)s, %(claim)s, %(channel)s, %(now)s, '{}');

-- hand_over: note which messages of a claim may leave from now on; no row when the claim was taken for dead
update message_claims set handing = %(message_ids)s, beat_at = %(now)s
where account_id = %(account_id)s and claim = %(claim)s
returning claim;

-- release_stopped: claimed messages whose campaigns do not run any more have not left, and wait
with stopped as (
    select c.campaign_id from campaigns c
    where c.account_id = %(account_id)s and c.campaign_id = any(%(campaign_ids)s) and c.state <> 'running'
    for share
)
update messages m set state = 'waiting', claim = null, attempts = m.attempts - 1
from stopped
where m.account_id = %(account_id)s and m.campaign_id = stopped.campaign_id and m.state = 'claimed'
  and m.claim = %(claim)s and m.message_id = any(array(select unnest(%(message_ids)s::bigint[])))
returning m.message_id;

-- beat_claim: show that whoever has a claim lives
update message_claims set beat_at = %(now)s where account_id = %(account_id)s and claim = %(claim)s;

-- end_claim: nothing is handed over under a claim any more
delete from message_claims where account_id = %(account_id)s and claim = %(claim)s;

-- dead_claims: lock the claims of an account that show no sign of life since a moment
select claim, handing from message_claims
where account_id = %(account_id)s and beat_at < %(moment)s
for update skip locked;

-- doubt_handed: what a dead one was handing over may have left
update messages set state = 'in_doubt', claim = null, answer = %(answer)s
where account_id = %(account_id)s and message_id = any(array(select unnest(%(message_ids)s::bigint[]))) and state = 'claimed'
  and claim = %(claim)s
returning message_id;

-- release_claimed: what else it had claimed has not left, and waits again
update messages set state = 'waiting', claim = null, attempts = attempts - 1
where account_id = %(account_id)s and state = 'claimed' and claim = %(claim)s;

-- kept_out: which of these addresses must not be written to, and why
select g.message_id,
       (select max(o.reason) from optouts o
        where o.account_id = %(account_id)s and o.address = g.address
          and o.scope in (%(medium)s, g.scope)) as optout,
       exists (select from universal_optouts u where u.address = g.address) as universal,
       (select s.kind from suppressions s
        where s.account_id = %(account_id)s and s.address = g.address and s.channel = %(channel)s
          and (s.until_at is null or s.until_at > %(now)s)) as suppression
from unnest(%(message_ids)s::bigint[], %(addresses)s::text[], %(scopes)s::text[])
     as g (message_id, address, scope);

-- fail_waiting: messages that nobody claimed will not be handed over
update messages set state = 'failed', answer = %(answer)s
where account_id = %(account_id)s and message_id = any(array(select unnest(%(message_ids)s::bigint[]))) and state = 'waiting';

-- put_off: these messages wait for their place in the pace of their domains
update messages m set due_at = g.due_at, paced = true
from unnest(%(message_ids)s::bigint[], %(due)s::timestamptz[]) as g (message_id, due_at)
where m.account_id = %(account_id)s and m.message_id = g.message_id
  and m.message_id = any(array(select unnest(%(message_ids)s::bigint[])));

-- record_ends: what became of messages; those that were claimed anew since, or settled, are left alone
update messages m
set state = g.state, claim = null, due_at = coalesce(g.due_at, m.due_at), sent_at = g.sent_at,
    provider = coalesce(g.provider, m.provider), provider_id = coalesce(g.provider_id, m.provider_id),
    answer = g.answer
from unnest(%(message_ids)s::bigint[], %(attempts)s::int[], %(states)s::text[], %(due)s::timestamptz[],
            %(sent)s::timestamptz[], %(providers)s::text[], %(provider_ids)s::text[], %(answers)s::text[])
     as g (message_id, attempts, state, due_at, sent_at, provider, provider_id, answer)
where m.account_id = %(account_id)s and m.message_id = g.message_id and m.attempts = g.attempts
  and m.message_id = any(array(select unnest(%(message_ids)s::bigint[]))) and m.state in ('claimed', 'in_doubt')
returning m.message_id;

-- give_back: messages that were claimed and certainly not tried wait again, as if nothing had been
update messages set state = 'waiting', claim = null, attempts = attempts - 1, due_at = %(due_at)s, answer = %(answer)s
where account_id = %(account_id)s and message_id = any(array(select unnest(%(message_ids)s::bigint[]))) and state = 'claimed'
  and claim = %(claim)s;

-- next_due: when the next message of an account's running campaigns is due, on each channel
select c.channel, min(due.first_at) as due_at
from campaigns c
cross join lateral (
    select m.due_at as first_at from messages m
    where m.account_id = c.account_id and m.campaign_id = c.campaign_id and m.state = 'waiting'
    order by m.due_at
    limit 1
) due
where c.account_id = %(account_id)s and c.state = 'running'
group by c.channel;

-- campaign_contents: the contents of campaigns, as text that tells them apart
select campaign_id, name, content::text as content from campaigns
where account_id = %(account_id)s and campaign_id = any(%(campaign_ids)s);

-- paces: when the next message may go to these domains; one at a time asks, once it has the account's own row
select domain, free_at from sending_paces
where account_id = %(account_id)s and channel = %(channel)s and domain = any(%(domains)s);

-- lock_pace: the pace of an account as a whole, which nobody else changes until the transaction ends
insert into sending_paces (account_id, channel, domain, free_at)
values (%(account_id)s, %(channel)s, '', %(now)s)
on conflict (account_id, channel, domain) do update set free_at = sending_paces.free_at
returning free_at;

-- set_paces: when the next message may go, where that is later than known
insert into sending_paces (account_id, channel, domain, free_at)
select %(account_id)s, %(channel)s, g.domain, g.free_at
from unnest(%(domains)s::text[], %(free)s::timestamptz[]) as g (domain, free_at)
on conflict (account_id, channel, domain) do update
set free_at = greatest(sending_paces.free_at, excluded.free_at);

-- forget_paces: forget what holds nobody up any more
delete from sending_paces where account_id = %(account_id)s and domain <> '' and free_at < %(now)s;

-- doubts: the messages of an account, or of one of its campaigns, that nobody knows the end of, the oldest first
select m.message_id, m.campaign_id, m.contact_id, m.channel, m.address, m.claimed_at, m.attempts, m.answer,
       c.name as campaign_name
from messages m join campaigns c on c.account_id = m.account_id and c.campaign_id = m.campaign_id
where m.account_id = %(account_id)s and m.state = 'in_doubt'
  and (%(campaign_id)s::bigint is null or m.campaign_id = %(campaign_id)s)
order by m.claimed_at, m.message_id
limit %(limit)s;

-- states_of_messages: where some messages of a campaign are in their lives
select message_id, state from messages
where account_id = %(account_id)s and campaign_id = %(campaign_id)s
  and message_id = any(array(select unnest(%(message_ids)s::bigint[])));

-- settle_sent: messages in doubt were handed over, when they had been claimed
update messages m set state = 'sent', sent_at = m.claimed_at
from campaigns c
where m.account_id = %(account_id)s and m.message_id = any(array(select unnest(%(message_ids)s::bigint[]))) and m.state = 'in_doubt'
  and c.account_id = m.account_id and c.campaign_id = m.campaign_id
returning m.message_id, m.campaign_id, m.contact_id, m.channel, m.address, m.sent_at, m.provider, m.answer,
          c.is_test, c.content ->> 'sender' as sender;

-- settle_resend: messages in doubt were not handed over, and go out again
update messages set state = 'waiting', due_at = %(now)s, paced = false
where account_id = %(account_id)s and message_id = any(array(select unnest(%(message_ids)s::bigint[]))) and state = 'in_doubt'
returning message_id, channel;

-- message_facts: all that is known of a message
select m.message_id, m.campaign_id, m.contact_id, m.channel, m.address, m.format, m.state, m.due_at, m.attempts,
       m.tried_at, m.claimed_at, m.sent_at, m.provider, m.provider_id, m.answer, c.name as campaign_name, c.is_test
from messages m join campaigns c on c.account_id = m.account_id and c.campaign_id = m.campaign_id
where m.account_id = %(account_id)s and m.message_id = %(message_id)s;

-- contacts_for_messages: the fields of contacts, the account's own ones among them
select {columns} from contacts
where account_id = %(account_id)s and contact_id = any(array(select unnest(%(contact_ids)s::bigint[])));
