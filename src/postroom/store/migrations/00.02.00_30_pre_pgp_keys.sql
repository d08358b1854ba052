-- The PGP keys with which an account's files are opened.

create table pgp_keys (
    account_id    int not null,
    fingerprint   text not null,
    key_ids       text[] not null,
    user_id       text not null,
    public_key    text not null,
    sealed_secret bytea not null,
    expires_at    timestamptz,
    created_at    timestamptz not null,
    primary key (account_id, fingerprint)
);
