-- Notices: whom an account's go to, and each one on its way.

create table notice_targets (
    account_id      int not null,
    target_id       bigint generated always as identity,
    kind            text not null check (kind in ('email', 'webhook')),
    address         text not null,
    events          text[] not null,
    secret          bytea,
    created_at      timestamptz not null,
    disabled_at     timestamptz,
    disabled_reason text,
    primary key (account_id, target_id),
    unique (account_id, address),
    check ((kind = 'webhook') = (secret is not null)),
    check ((disabled_at is null) = (disabled_reason is null))
);

create table notice_deliveries (
    account_id   int not null,
    delivery_id  bigint generated always as identity,
    target_id    bigint not null,
    message_id   text not null,
    type         text not null,
    about        text not null,
    content      json not null,
    state        text not null check (state in ('waiting', 'delivered', 'failed')),
    round        int not null,
    attempts     int not null,
    answer       text,
    created_at   timestamptz not null,
    attempted_at timestamptz,
    next_at      timestamptz,
    leased_until timestamptz,
    primary key (account_id, delivery_id),
    foreign key (account_id, target_id) references notice_targets on delete cascade,
    check ((state = 'waiting') = (next_at is not null)),
    check (state = 'waiting' or leased_until is null)
);

create index notice_deliveries_of_target on notice_deliveries (account_id, target_id);

create index notice_deliveries_waiting on notice_deliveries (account_id, next_at) where state = 'waiting';
