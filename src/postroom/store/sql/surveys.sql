-- lock_surveys: one change of an account's surveys at a time, until the transaction ends
select pg_advisory_xact_lock(7320, %(account_id)s) from accounts where account_id = %(account_id)s;

-- create_survey: write a new survey down
insert into surveys (account_id, name, definition, created_at, updated_at)
values (%(account_id)s, %(name)s, %(definition)s, %(now)s, %(now)s)
returning *;

-- update_survey: give a survey another form
update surveys set definition = %(definition)s, updated_at = %(now)s
where account_id = %(account_id)s and name = %(name)s
returning *;

-- surveys_of_account: every survey of an account, by id
select * from surveys where account_id = %(account_id)s order by survey_id;

-- survey_by_id: one survey
select * from surveys where account_id = %(account_id)s and survey_id = %(survey_id)s;

-- delete_survey: forget a survey; participations stay told
delete from surveys where account_id = %(account_id)s and survey_id = %(survey_id)s;
