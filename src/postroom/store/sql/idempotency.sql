-- try_key: hold a client's key until the transaction ends; false when another transaction holds it
select pg_try_advisory_xact_lock(7303, hashtext(concat_ws('/', %(account_id)s::int, %(client_id)s::text, %(key)s::text)))
       as held;

-- answer_under_key: what a client was answered under a key, and to what
select digest, status, headers, body
from idempotency_keys
where account_id = %(account_id)s and client_id = %(client_id)s and key = %(key)s;

-- keep_answer: what a client is answered under a key
insert into idempotency_keys (account_id, client_id, key, digest, status, headers, body, created_at)
values (%(account_id)s, %(client_id)s, %(key)s, %(digest)s, %(status)s, %(headers)s, %(body)s, %(now)s);

-- forget_answers: what was answered before a moment
delete from idempotency_keys where account_id = %(account_id)s and created_at < %(before)s;
