-- How many contacts each list has and reaches; nothing is known of the lists that are there already.

create table list_counts (
    account_id  int not null,
    list_id     bigint not null,
    version     bigint not null,
    subscribers bigint,
    sms         bigint,
    email       bigint,
    voice       bigint,
    voicemail   bigint,
    primary key (account_id, list_id),
    foreign key (account_id, list_id) references lists on delete cascade,
    check (num_nulls(subscribers, sms, email, voice, voicemail) in (0, 5))
);

insert into list_counts (account_id, list_id, version) select account_id, list_id, 0 from lists;
