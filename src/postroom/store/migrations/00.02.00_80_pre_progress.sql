create unlogged table drop_progress (
    account_id int not null,
    drop_id    bigint not null,
    attempts   int not null,
    expected   bigint not null,
    lines      bigint not null,
    refused    bigint not null,
    started_at timestamptz not null,
    told_at    timestamptz not null,
    primary key (account_id, drop_id)
);
