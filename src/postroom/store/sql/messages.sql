-- message_by_id: one message, with what it says of its campaign
select m.message_id, m.campaign_id, m.contact_id, m.channel, m.address, m.format, m.own, m.state, m.due_at, m.attempts,
       m.sent_at, m.provider, m.provider_id, c.name as campaign_name, c.list_id, c.is_test
from messages m join campaigns c on c.account_id = m.account_id and c.campaign_id = m.campaign_id
where m.account_id = %(account_id)s and m.message_id = %(message_id)s;

-- message_at_provider: the newest message that a provider calls by a name, with what it says of its campaign
select m.message_id, m.campaign_id, m.contact_id, m.channel, m.address, m.format, m.own, m.state, m.due_at, m.attempts,
       m.sent_at, m.provider, m.provider_id, c.name as campaign_name, c.list_id, c.is_test
from messages m join campaigns c on c.account_id = m.account_id and c.campaign_id = m.campaign_id
where m.account_id = %(account_id)s and m.provider_id = %(provider_id)s and m.provider = %(provider)s
order by m.message_id desc
limit 1;
