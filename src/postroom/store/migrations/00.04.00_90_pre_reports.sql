-- Which daily reports there are, and which of them are final.

create table report_days (
    account_id int not null,
    day        date not null,
    up_to_seq  bigint not null,
    closed     boolean not null,
    written_at timestamptz not null,
    primary key (account_id, day)
);
