-- Clients of the API, and the keys that sign their tokens.

create table api_clients (
    client_id      text primary key,
    account_id     int not null references accounts,
    name           text not null unique,
    secret_hash    text not null,
    secret_version int not null,
    scopes         text[] not null,
    enabled        boolean not null,
    created_at     timestamptz not null
);

create table signing_keys (
    kid           text primary key,
    public_key    json not null,
    sealed_secret bytea not null,
    created_at    timestamptz not null,
    retired_at    timestamptz
);

create unique index signing_keys_one_signs on signing_keys ((retired_at is null)) where retired_at is null;
