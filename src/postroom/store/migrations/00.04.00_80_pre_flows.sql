-- OUT flows: which an account has, and the ledger of their files.

create table flow_activations (
    account_id   int not null,
    flow         text collate "C" not null,
    active       boolean not null,
    options      jsonb not null,
    location     text,
    questions    text[] not null,
    seq          bigint not null,
    seq_at       timestamptz,
    act          bigint not null,
    activated_at timestamptz not null,
    primary key (account_id, flow)
);

create table flow_runs (
    account_id   int not null,
    run_id       bigint generated always as identity,
    flow         text collate "C" not null,
    local_date   date not null,
    extra        text collate "C" not null,
    state        text collate "C" not null
                 check (state in ('PLANNED', 'SKIPPED', 'GENERATED', 'UPLOADED_TMP', 'PUBLISHED', 'FAILED')),
    plan         jsonb not null,
    location     text,
    from_seq     bigint not null,
    to_seq       bigint not null,
    from_at      timestamptz,
    to_at        timestamptz,
    from_act     bigint not null,
    to_act       bigint not null,
    scheduled_at timestamptz not null,
    cut_at       timestamptz not null,
    file_name    text collate "C" not null,
    revision     int not null,
    attempts     int not null,
    rows         bigint,
    left_out     bigint,
    remarks      jsonb,
    size         bigint,
    sha256       text,
    blob_key     text,
    generated_at timestamptz,
    published_at timestamptz,
    failure      text,
    primary key (account_id, run_id),
    unique (account_id, flow, local_date, extra),
    check ((state in ('GENERATED', 'UPLOADED_TMP', 'PUBLISHED')) <= (rows is not null))
);

create index flow_runs_under_way on flow_runs (account_id, flow) where state = 'PLANNED';
create index flow_runs_with_bytes on flow_runs (blob_key) where blob_key is not null;
