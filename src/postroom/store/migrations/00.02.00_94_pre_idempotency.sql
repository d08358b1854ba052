-- Answers that are given again to who asks again under the same key.

create table idempotency_keys (
    account_id int not null,
    client_id  text not null,
    key        text not null,
    digest     bytea not null,
    status     int not null,
    headers    jsonb not null,
    body       bytea not null,
    created_at timestamptz not null,
    primary key (account_id, client_id, key)
);

create index idempotency_keys_by_age on idempotency_keys (account_id, created_at);
