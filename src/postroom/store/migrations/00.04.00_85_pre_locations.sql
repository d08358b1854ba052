-- Where files that go out are brought to.

create table locations (
    account_id int not null,
    name       text collate "C" not null,
    protocol   text not null check (protocol in ('sftp', 'ftps', 'ftps-implicit', 'hosted')),
    host       text,
    port       int,
    folder     text not null,
    username   text,
    secret     bytea,
    public_key text,
    host_key   text,
    authority  text,
    created_at timestamptz not null,
    primary key (account_id, name),
    check ((protocol = 'hosted') = (host is null)),
    check ((host is null) = (port is null) and (host is null) = (username is null) and (host is null) = (secret is null)),
    check ((protocol = 'sftp') = (host_key is not null))
);

alter table flow_runs add column tries int not null default 0;
alter table flow_runs add column tried_since timestamptz;
alter table flow_runs add column next_at timestamptz;
alter table flow_runs add column leased_until timestamptz;

create index flow_runs_to_deliver on flow_runs (account_id, flow, run_id)
    where state in ('GENERATED', 'UPLOADED_TMP') and location is not null;
