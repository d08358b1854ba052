-- named_by_providers: which accounts have a message that a provider calls by a name, the newest first
select m.account_id, m.message_id
from messages m
where m.account_id = any((select %(account_ids)s::int[])::int[]) and m.provider_id = %(provider_id)s
  and m.provider = %(provider)s
order by m.sent_at desc nulls last, m.message_id desc
limit 1;

-- newest_to_number: the newest SMS that a provider may have brought to a number, of all accounts; tests are none
select m.account_id, m.message_id
from messages m join campaigns c on c.account_id = m.account_id and c.campaign_id = m.campaign_id
where m.account_id = any((select %(account_ids)s::int[])::int[]) and m.channel = 'SMS' and m.address = %(address)s
  and m.state in ('sent', 'claimed', 'in_doubt') and (m.provider = %(provider)s or m.provider is null)
  and not c.is_test
order by m.provider is null, coalesce(m.sent_at, m.claimed_at) desc nulls last, m.message_id desc
limit 1;

-- settle_told: a message in doubt was handed over, as its provider tells; who it is from
update messages m set state = 'sent', sent_at = coalesce(m.claimed_at, %(now)s), provider = %(provider)s,
                      provider_id = coalesce(m.provider_id, %(provider_id)s)
from campaigns c
where m.account_id = %(account_id)s and m.message_id = %(message_id)s and m.state = 'in_doubt'
  and c.account_id = m.account_id and c.campaign_id = m.campaign_id
returning coalesce(c.content ->> 'sender', '') as sender;
