-- add_answer: keep an answer of a recipient until the account's contacts can be changed
insert into waiting_answers (account_id, message_id, method, wishes, said, at)
values (%(account_id)s, %(message_id)s, %(method)s, %(wishes)s, %(said)s, %(at)s);

-- any_answers: whether answers of recipients wait for an account
select exists (select from waiting_answers where account_id = %(account_id)s) as found;

-- take_answers: the answers of an account that wait, in the order in which they came; they wait no longer
with taken as (
    delete from waiting_answers
    where account_id = %(account_id)s and answer_id in (
        select answer_id from waiting_answers where account_id = %(account_id)s order by answer_id limit %(limit)s
    )
    returning answer_id, message_id, method, wishes, said, at
)
select message_id, method, wishes, said, at from taken order by answer_id;
