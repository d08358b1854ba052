-- requests_of_drop: what a file asked to be sent, in its order
select request_id, kind, line, list_id, arguments, contact, state, requested_at from send_requests
where account_id = %(account_id)s and drop_id = %(drop_id)s
order by request_id;
