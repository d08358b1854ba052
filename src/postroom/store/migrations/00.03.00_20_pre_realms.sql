-- Under which names accounts log in with command batches, and their clients.

create table realms (
    account_id       int primary key references accounts,
    realm_key        text not null unique,
    name             text not null,
    parent_id        int references realms on delete set null,
    password_hash    text,
    password_version int not null,
    created_at       timestamptz not null,
    check (parent_id <> account_id)
);

create table realm_clients (
    account_id    int not null references realms on delete cascade,
    name          text not null,
    password_hash text not null,
    auth_hash     text not null,
    created_at    timestamptz not null,
    primary key (account_id, name)
);
