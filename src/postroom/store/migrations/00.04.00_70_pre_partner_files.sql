-- Files of people for printers, audiences and call centers.

create table partner_files (
    account_id      int not null,
    partner_file_id bigint generated always as identity,
    batch_id        uuid not null,
    campaign_id     bigint not null,
    channel         text collate "C" not null,
    name            text not null,
    login           text,
    file_id         bigint,
    size            bigint not null,
    people          int not null,
    left_out        int not null,
    first_seq       bigint not null,
    last_seq        bigint not null,
    ready_at        timestamptz not null,
    downloads       int not null,
    downloaded_at   timestamptz,
    downloaded_by   text,
    removed_at      timestamptz,
    primary key (account_id, partner_file_id),
    unique (account_id, batch_id)
);

create index partner_files_kept on partner_files (account_id, file_id) where file_id is not null;
