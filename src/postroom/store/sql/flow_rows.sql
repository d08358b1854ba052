-- event_rows: events of a flow in a window, with the campaign and the contact, a line each, in their order
select {cells} from events e
left join campaigns c on c.account_id = %(account_id)s and c.campaign_id = e.campaign_id
left join merged_contacts m on m.account_id = %(account_id)s and m.merged_id = e.contact_id
left join contacts k on k.account_id = %(account_id)s and k.contact_id = coalesce(m.contact_id, e.contact_id)
where e.account_id = %(account_id)s and e.type = %(type)s and e.seq > %(from_seq)s and e.seq <= %(to_seq)s
  and {conditions} and {present}
order by e.seq

-- answer_rows: answers in events of surveys, a line for each value
select {cells} from events e
left join merged_contacts m on m.account_id = %(account_id)s and m.merged_id = e.contact_id
left join contacts k on k.account_id = %(account_id)s and k.contact_id = coalesce(m.contact_id, e.contact_id)
cross join lateral jsonb_each(
    case when jsonb_typeof(e.attributes -> 'answers') = 'object' then e.attributes -> 'answers' end
) with ordinality q (name, said, place)
cross join lateral jsonb_array_elements_text(
    case when jsonb_typeof(q.said) = 'array' then q.said else jsonb_build_array(q.said) end
) with ordinality w (value, number)
where e.account_id = %(account_id)s and e.type = %(type)s and e.seq > %(from_seq)s and e.seq <= %(to_seq)s
  and {conditions} and {present}
order by e.seq, q.place, w.number

-- address_rows: events about addresses, a line for each contact that has the address
select {cells} from events e
join contacts k on k.account_id = %(account_id)s and k.email = e.address
left join campaigns c on c.account_id = %(account_id)s and c.campaign_id = e.campaign_id
where e.account_id = %(account_id)s and e.type = %(type)s and e.seq > %(from_seq)s and e.seq <= %(to_seq)s
  and {conditions}
order by e.seq, k.contact_id

-- ledger_rows: changes of the consent ledger in a window, a line for each contact that has the address
select {cells} from consent_changes g
join consent_acts a on a.account_id = %(account_id)s and a.act_id = g.act_id
join (
    select contact_id, email as address, 'email' as means from contacts where account_id = %(account_id)s
    union all
    select contact_id, mobile, 'mobile' from contacts where account_id = %(account_id)s
    union all
    select contact_id, phone, case when phone = mobile then 'both' else 'phone' end from contacts
    where account_id = %(account_id)s
) p on p.address = g.address
join contacts k on k.account_id = %(account_id)s and k.contact_id = p.contact_id
left join campaigns c on c.account_id = %(account_id)s and c.campaign_id = a.campaign_id
left join drops d on d.account_id = %(account_id)s and d.drop_id = a.drop_id
where g.account_id = %(account_id)s and g.act_id > %(from_act)s and g.act_id <= %(to_act)s and {conditions}
  and case
      when a.scope in ('SMS', 'VOICEMAIL') then p.means = 'mobile'
      when a.scope = 'VOICE' then p.means in ('phone', 'both')
      when a.scope = 'EMAIL' then p.means = 'email'
      else p.means <> 'both'
  end
order by g.act_id, g.address, k.contact_id

-- count_events: how many events of a flow a window has, and what will have to be changed in them
select count(*) as events, {counts} from events e
where e.account_id = %(account_id)s and e.type = %(type)s and e.seq > %(from_seq)s and e.seq <= %(to_seq)s
  and {conditions}

-- has_merged: whether contacts of the account became one with others
select exists (select from merged_contacts where account_id = %(account_id)s) as found

-- count_people_gone: how many events of a flow in a window are of contacts who are gone
select count(*) as gone from events e
where e.account_id = %(account_id)s and e.type = %(type)s and e.seq > %(from_seq)s and e.seq <= %(to_seq)s
  and {conditions} and e.contact_id is not null
  and not exists (select from contacts k where k.account_id = %(account_id)s and k.contact_id = e.contact_id)
  and not exists (select from merged_contacts m where m.account_id = %(account_id)s and m.merged_id = e.contact_id)

-- choose_moments: how this transaction writes moments, which account_id does not matter to, and how it joins
select set_config('timezone', %(zone)s, true), set_config('datestyle', 'ISO, YMD', true), set_config('jit', 'off', true),
    set_config('enable_hashjoin', %(by_hash)s, true), set_config('enable_mergejoin', 'off', true),
    set_config('enable_nestloop', %(by_loop)s, true)
