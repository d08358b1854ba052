create table optouts (
    account_id int not null,
    scope      text collate "C" not null,
    address    text collate "C" not null,
    reason     smallint not null check (reason between 1 and 4),
    act_id     bigint not null,
    primary key (account_id, scope, address)
);

create table consent_acts (
    account_id int not null,
    act_id     bigint generated always as identity,
    scope      text collate "C" not null,
    source     text not null,
    drop_id    bigint,
    by_whom    text not null,
    acted_at   timestamptz not null,
    primary key (account_id, act_id)
);

create table consent_changes (
    account_id int not null,
    act_id     bigint not null,
    item       int not null,
    line       int,
    address    text collate "C" not null,
    was        smallint,
    became     smallint,
    primary key (account_id, act_id, item),
    check (was is distinct from became)
);
