-- What is needed to hand messages over: who is at it, when each was first tried, and how fast they may go.

alter table messages add column tried_at timestamptz;
alter table messages add column paced boolean not null default false;

drop index messages_waiting;
create index messages_waiting on messages (account_id, campaign_id, due_at, message_id) where state = 'waiting';
create index campaigns_running on campaigns (account_id, channel) where state = 'running';

create table message_claims (
    account_id int not null,
    claim      uuid not null,
    channel    text collate "C" not null,
    beat_at    timestamptz not null,
    handing    bigint[] not null,
    primary key (account_id, claim)
);

create table sending_paces (
    account_id int not null,
    channel    text collate "C" not null,
    domain     text collate "C" not null,
    free_at    timestamptz not null,
    primary key (account_id, channel, domain)
);

create table dkim_keys (
    account_id    int not null,
    domain        text collate "C" not null,
    selector      text collate "C" not null,
    kind          text not null check (kind in ('rsa', 'ed25519')),
    public_key    text not null,
    sealed_secret bytea not null,
    created_at    timestamptz not null,
    primary key (account_id, domain, selector)
);
