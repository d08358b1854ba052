-- The whole schema as it stands. Migrations lead to the same result; a test compares both.
-- Every table that belongs to an account starts with account_id (architecture, section 5).
-- System-wide tables (small, to be reference tables of a cluster): accounts, logins, login_keys, login_failures,
-- dispatch_references, api_clients, signing_keys, realms, realm_clients, universal_optouts.

create table accounts (
    account_id int generated always as identity primary key,
    name       text not null unique,
    settings   jsonb not null,
    created_at timestamptz not null
);

create table logins (
    login         text primary key,
    account_id    int not null references accounts,
    password_hash text,
    enabled       boolean not null,
    created_at    timestamptz not null
);

create table login_keys (
    login       text not null references logins on delete cascade,
    fingerprint text not null,
    public_key  text not null,
    primary key (login, fingerprint)
);

-- Which account a login means by a reference in a file for several accounts. A mapping lets it write there, never read.
create table dispatch_references (
    login         text not null references logins on delete cascade,
    reference_key text not null,
    reference     text not null,
    account_id    int not null references accounts on delete cascade,
    primary key (login, reference_key)
);

create table login_failures (
    scope        text primary key,
    failures     int not null,
    first_at     timestamptz not null,
    locked_until timestamptz
);

-- Programs that use the API. Their secrets are made here and hashed; tokens name the version of the secret they came by.
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

-- What signs the tokens of the API: one key at a time; those it replaced verify until their tokens are gone. The
-- secret half is sealed (store/sealing.py), the public one a JSON Web Key.
create table signing_keys (
    kid           text primary key,
    public_key    json not null,
    sealed_secret bytea not null,
    created_at    timestamptz not null,
    retired_at    timestamptz
);

create unique index signing_keys_one_signs on signing_keys ((retired_at is null)) where retired_at is null;

-- Under which name an account logs in with command batches. realm_key is what is compared of the name; parent_id the
-- account whose realm may name this one in its commands. The password is made here and hashed; password_version
-- counts those that there have been.
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

-- Programs that log in to a realm with a password and an authorization of their own.
create table realm_clients (
    account_id    int not null references realms on delete cascade,
    name          text not null,
    password_hash text not null,
    auth_hash     text not null,
    created_at    timestamptz not null,
    primary key (account_id, name)
);

-- Contact ids count up within an account; a batch takes as many as it needs in one step.
create table contact_ids (
    account_id int primary key,
    last_id    bigint not null
);

-- digest is of the row, as sent, that was imported last: the same row again would change nothing.
-- Whatever changes a contact in another way sets it to null, as do rows that came with a warning.
create table contacts (
    account_id  int not null,
    contact_id  bigint not null,
    dedup_key   uuid,
    digest      bigint,
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    birth_date  date,
    civility    text,
    first_name  text,
    last_name   text,
    email       text,
    phone       text,
    mobile      text,
    fax         text,
    address1    text,
    address2    text,
    zipcode     text,
    city        text,
    state       text,
    country     text,
    company     text,
    reference   text,
    field01     text,
    field02     text,
    field03     text,
    field04     text,
    field05     text,
    field06     text,
    field07     text,
    field08     text,
    field09     text,
    field10     text,
    field11     text,
    field12     text,
    field13     text,
    field14     text,
    field15     text,
    facebook_id text,
    twitter_id  text,
    extra01     text,
    extra02     text,
    extra03     text,
    extra04     text,
    extra05     text,
    extra06     text,
    extra07     text,
    extra08     text,
    extra09     text,
    extra10     text,
    extra11     text,
    extra12     text,
    extra13     text,
    extra14     text,
    extra15     text,
    extra16     text,
    extra17     text,
    extra18     text,
    extra19     text,
    extra20     text,
    extra21     text,
    extra22     text,
    extra23     text,
    extra24     text,
    extra25     text,
    extra26     text,
    extra27     text,
    extra28     text,
    extra29     text,
    extra30     text,
    extra31     text,
    extra32     text,
    extra33     text,
    extra34     text,
    extra35     text,
    extra36     text,
    extra37     text,
    extra38     text,
    extra39     text,
    extra40     text,
    extra41     text,
    extra42     text,
    extra43     text,
    extra44     text,
    extra45     text,
    primary key (account_id, contact_id),
    unique (account_id, dedup_key)
);

-- What an account keeps in extra01 … extra45 of its contacts (slot 1 … 45), under names of its own. type is
-- contacts.custom_fields.FieldType. What a deleted field held stays until its slot is used again, which empties it.
create table custom_fields (
    account_id  int not null,
    slot        smallint not null check (slot between 1 and 45),
    name        text collate "C" not null,
    type        smallint not null check (type in (0, 1, 2, 3, 6, 7)),
    description text not null,
    deleted     boolean not null,
    primary key (account_id, slot)
);

create unique index custom_fields_by_name on custom_fields (account_id, name) where not deleted;

create table lists (
    account_id   int not null,
    list_id      bigint generated always as identity,
    name         text not null,
    description  text,
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    last_drop_id bigint,
    template_id  bigint,
    primary key (account_id, list_id)
);

create index lists_by_name on lists (account_id, name);

-- What lists that are gone were called: their messages are on their way, and are answered, for longer than they last.
create table gone_lists (
    account_id int not null,
    list_id    bigint not null,
    name       text not null,
    primary key (account_id, list_id)
);

-- No foreign keys to contacts and lists: checking them row by row halves the speed of an import.
-- Both sides are only ever changed by the statements beside this file. format is what the subscription asks for:
-- 1 plain text, 2 HTML, 99 both; null when nobody has said.
create table memberships (
    account_id int not null,
    list_id    bigint not null,
    contact_id bigint not null,
    format     smallint,
    primary key (account_id, list_id, contact_id)
);

-- How many contacts a list has and, of these, reaches by each medium; null where that is not known. Whoever changes
-- memberships, addresses or opt-outs adds the difference or sets null, and counts version up in either case: what
-- was counted by an older version is not written.
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

-- What a sender sees: a name in a directory. Bytes are immutable blobs. modified_at is the sender's to set, landed_at
-- is ours.
create table files (
    account_id  int not null,
    file_id     bigint generated always as identity,
    directory   text not null,
    name        text not null,
    size        bigint not null,
    sha256      text not null,
    blob_key    text not null,
    modified_at timestamptz not null,
    drop_id     bigint,
    landed_at   timestamptz not null,
    primary key (account_id, file_id),
    unique (account_id, directory, name)
);

create index files_of_drops on files (account_id, drop_id);

-- A deposit and its life. The row outlives its files: they were removed at files_removed_at. What a deposit for several
-- accounts does to another account than its own is a drop of that account, without files: sent_* is the deposit.
-- header, mode and list_id are what a call of the API asked for: whether the first line is a header (unknown: see
-- yourself), which mode counts instead of the markers, and the list that was made for it.
create table drops (
    account_id   int not null,
    drop_id      bigint generated always as identity,
    action       text not null,
    name         text not null,
    login        text not null,
    confirmation text not null,
    state        text not null check (state in ('arriving', 'ready', 'claimed', 'applied', 'refused', 'parked')),
    size         bigint not null,
    sha256       text not null,
    blob_key     text not null,
    deposited_at timestamptz not null,
    prefix       bigint,
    attempts     int not null default 0,
    claimed_at   timestamptz,
    settled_at   timestamptz,
    outcome      jsonb,
    released_at  timestamptz,
    released_by  text,
    undone_at    timestamptz,
    undone_by    text,
    files_removed_at timestamptz,
    sent_account_id  int,
    sent_drop_id     bigint,
    header           text not null default 'present' check (header in ('present', 'absent', 'unknown')),
    mode             text check (mode in ('create', 'add', 'sync', 'contacts')),
    list_id          bigint,
    primary key (account_id, drop_id),
    check ((state in ('applied', 'refused')) = (settled_at is not null)),
    check (state in ('arriving', 'ready') or claimed_at is not null),
    check (files_removed_at is null or settled_at is not null),
    check ((sent_account_id is null) = (sent_drop_id is null))
);

create index drops_waiting on drops (account_id, deposited_at, drop_id) where state in ('arriving', 'ready', 'claimed');
create index drops_of_bytes on drops (account_id, sha256);
create index drops_kept on drops (account_id, settled_at) where settled_at is not null and files_removed_at is null;

-- How far the worker is that holds a deposit: told beside its transaction, gone when it ends. attempts is the claim's
-- token; most_* are the most that any attempt has told, for who watches a deposit across its attempts. Unlogged, as
-- nothing is under way after a crash of the server.
create unlogged table drop_progress (
    account_id int not null,
    drop_id    bigint not null,
    attempts   int not null,
    expected   bigint not null,
    lines      bigint not null,
    refused    bigint not null,
    started_at timestamptz not null,
    told_at    timestamptz not null,
    most_lines   bigint not null,
    most_refused bigint not null,
    primary key (account_id, drop_id)
);

-- What a client of the API was answered under a key of its choice (Idempotency-Key): written by the transaction of
-- what it asked for, and given again when it asks again.
create table idempotency_keys (
    account_id int not null,
    client_id  text not null,
    key        text not null,
    digest     bytea not null,
    status     int not null,
    headers    jsonb not null,
    body       bytea not null,
    created_at timestamptz not null,
    primary key (account_id, client_id, key)
);

create index idempotency_keys_by_age on idempotency_keys (account_id, created_at);

-- Addresses that must not be used. They belong to no contact: they outlive its deletion and meet it again when
-- it comes back. scope is what is covered: a medium, or list:NAME for the lists of a name. reason: contacts.optouts.OptOutReason. act_id: who gave it,
-- when and by what; a moment of its own in each row took a quarter of the time of a file of opt-outs.
create table optouts (
    account_id int not null,
    scope      text collate "C" not null,
    address    text collate "C" not null,
    reason     smallint not null check (reason between 1 and 4),
    act_id     bigint not null,
    primary key (account_id, address, scope)
);

-- The consent ledger: who caused changes of opt-outs, when, by what (a file, a call, a click), and each change.
-- Only ever added to; acts are begun under the lock of their account, so their ids are in the order of commits.
-- campaign_id, message_id: what the recipient answered to. A change has no key, which cost as much as the row: an act changes an address once.
create table consent_acts (
    account_id int not null,
    act_id     bigint generated always as identity,
    scope      text collate "C" not null,
    source     text not null,
    drop_id    bigint,
    by_whom    text not null,
    acted_at   timestamptz not null,
    campaign_id bigint,
    message_id  bigint,
    primary key (account_id, act_id)
);

create table consent_changes (
    account_id int not null,
    act_id     bigint not null,
    line       int,
    address    text collate "C" not null,
    was        smallint,
    became     smallint,
    check (was is distinct from became)
);

create index consent_changes_of_accounts on consent_changes using brin (account_id, act_id);

-- Addresses that no realm of the system may subscribe. account_id and drop_id: who asked for it, by what.
create table universal_optouts (
    address    text collate "C" primary key,
    account_id int not null,
    drop_id    bigint,
    since_at   timestamptz not null
);

-- Messages and campaigns that command batches asked for: checked and written down, to be carried out by what sends.
-- contact: the fields and items of a message's recipient. No password is ever among the arguments.
create table send_requests (
    account_id   int not null,
    request_id   bigint generated always as identity,
    kind         text not null check (kind in ('send', 'launch')),
    drop_id      bigint not null,
    line         int not null,
    list_id      bigint not null,
    arguments    jsonb not null,
    contact      jsonb,
    state        text not null check (state in ('recorded', 'done', 'failed')),
    requested_at timestamptz not null,
    outcome      text,
    campaign_id  bigint,
    primary key (account_id, request_id),
    check ((kind = 'send') = (contact is not null))
);

create index send_requests_waiting on send_requests (account_id, request_id) where state = 'recorded';
create index send_requests_of_drops on send_requests (account_id, drop_id);

-- What opens an account's encrypted files; key_ids are of the parts that do. The secret half is sealed (store/sealing.py).
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

-- Whom an account's notices go to. A webhook's secret is sealed for its account and address.
create table notice_targets (
    account_id      int not null,
    target_id       bigint generated always as identity,
    kind            text not null check (kind in ('email', 'webhook')),
    address         text not null,
    events          text[] not null,
    secret          bytea,
    created_at      timestamptz not null,
    disabled_at     timestamptz,
    disabled_reason text,
    primary key (account_id, target_id),
    unique (account_id, address),
    check ((kind = 'webhook') = (secret is not null)),
    check ((disabled_at is null) = (disabled_reason is null))
);

-- One message on its way to one target, or to an address that is none: the outbox, and afterwards the log. It is made in the transaction of what
-- it tells of. Each round has attempts of its own; while leased_until lies ahead somebody is making one.
create table notice_deliveries (
    account_id   int not null,
    delivery_id  bigint generated always as identity,
    target_id    bigint,
    message_id   text not null,
    type         text not null,
    about        text not null,
    content      json not null,
    state        text not null check (state in ('waiting', 'delivered', 'failed')),
    round        int not null,
    attempts     int not null,
    answer       text,
    created_at   timestamptz not null,
    attempted_at timestamptz,
    next_at      timestamptz,
    leased_until timestamptz,
    address      text,
    primary key (account_id, delivery_id),
    foreign key (account_id, target_id) references notice_targets on delete cascade,
    check ((state = 'waiting') = (next_at is not null)),
    check (state = 'waiting' or leased_until is null),
    check ((target_id is null) <> (address is null))
);

create index notice_deliveries_of_target on notice_deliveries (account_id, target_id);

create index notice_deliveries_waiting on notice_deliveries (account_id, next_at) where state = 'waiting';

-- What an import did to the contacts of an account, so that it can be undone. applied_at is the time of its
-- transaction, which contacts that it made or changed bear as updated_at. created: the runs of ids that it gave
-- out. joined, departed, named: contacts that were there before and that it put on the list, took off it, found in
-- the file; their ids are packed (ingest/journaling.py), as a file may name millions.
create table journals (
    account_id          int not null,
    journal_id          bigint generated always as identity,
    drop_account_id     int not null,
    drop_id             bigint not null,
    applied_at          timestamptz not null,
    mode                text not null,
    criterion           text not null,
    list_id             bigint not null,
    list_is_new         boolean not null,
    list_was_drop_id    bigint,
    list_was_updated_at timestamptz,
    created             int8multirange not null default '{}',
    joined              bytea,
    departed            bytea,
    named               bytea,
    undone_at           timestamptz,
    primary key (account_id, journal_id),
    unique (account_id, drop_account_id, drop_id)
);

-- The values that it gave to contacts that were there before, and those that they had: one row for each field of a
-- frame, three arrays of one length. The field updated_at is among them, for every contact that was changed.
create table journal_changes (
    account_id  int not null,
    journal_id  bigint not null,
    entry       int not null,
    field       text not null,
    contact_ids bigint[] not null,
    was         text[] not null,
    became      text[] not null,
    primary key (account_id, journal_id, entry, field)
);

-- A change of an account's criterion. It waits in line with the deposits: those that came earlier are processed by the
-- criterion as it was. attempts is the claim's token; was: the criterion that it replaced.
create table criterion_changes (
    account_id int not null,
    change_id  bigint generated always as identity,
    criterion  text not null,
    asked_at   timestamptz not null,
    asked_by   text not null,
    state      text not null check (state in ('waiting', 'claimed', 'applied', 'parked')),
    attempts   int not null default 0,
    settled_at timestamptz,
    was        text,
    outcome    jsonb,
    match      text not null,
    was_match  text,
    primary key (account_id, change_id),
    check ((state in ('waiting', 'claimed')) = (settled_at is null)),
    check ((state = 'applied') = (outcome is not null))
);

create index criterion_changes_waiting on criterion_changes (account_id, asked_at)
    where state in ('waiting', 'claimed');

-- Whom a change merged into whom, with the values that made them one; kept as long as journals are.
create table merged_contacts (
    account_id int not null,
    merged_id  bigint not null,
    contact_id bigint not null,
    change_id  bigint not null,
    merged_at  timestamptz not null,
    key_values text[] not null,
    primary key (account_id, merged_id)
);

create index merged_contacts_of_changes on merged_contacts (account_id, change_id);

-- By what contacts are met where any of several identifiers is enough; of such accounts alone. Several may share one.
create table identifiers (
    account_id int not null,
    identifier uuid not null,
    contact_id bigint not null,
    primary key (account_id, identifier, contact_id)
);

create index identifiers_of_contacts on identifiers (account_id, contact_id);

-- Tables of an account's own making (contacts/tables.py). Names are told apart without regard to case: name_key, the
-- lower-case name.
create table relational_tables (
    account_id  int not null,
    table_id    bigint generated always as identity,
    name        text not null,
    name_key    text not null,
    kind        text not null check (kind in ('regular', 'flat', 'join')),
    description text not null,
    state       text not null check (state in ('pending', 'active', 'inactive')),
    may_clear   boolean not null,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    primary key (account_id, table_id),
    unique (account_id, name_key)
);

create table relational_fields (
    account_id int not null,
    table_id   bigint not null,
    name_key   text not null,
    name       text not null,
    position   int not null,
    type       text not null check (type in ('string', 'number', 'float', 'date')),
    length     int,
    is_unique  boolean not null,
    active     boolean not null,
    primary key (account_id, table_id, name_key),
    foreign key (account_id, table_id) references relational_tables on delete cascade,
    check ((type = 'string') = (length is not null))
);

create unique index relational_fields_one_unique on relational_fields (account_id, table_id) where is_unique;

-- What rows point to: contacts where to_table_id is null, else the rows of another table that "column" names. Rows go
-- with what an owning key names.
create table relational_foreign_keys (
    account_id  int not null,
    table_id    bigint not null,
    position    int not null,
    to_table_id bigint,
    "column"    text,
    owning      boolean not null,
    primary key (account_id, table_id, position),
    foreign key (account_id, table_id) references relational_tables on delete cascade,
    foreign key (account_id, to_table_id) references relational_tables on delete cascade,
    check ((to_table_id is null) = ("column" is null)),
    check (owning or to_table_id is not null)
);

create unique index relational_foreign_keys_one_owner on relational_foreign_keys (account_id, table_id) where owning;

-- The rows of all of them. row_key is the value of the unique field, canonical. contact_id is whose the row is, also
-- where a row of another table, of that key, owns it (owner_key); null in flat tables. cells: typed values by the
-- lower-case names of fields and of columns that name rows of flat tables. No foreign key to contacts, as of
-- memberships: whoever deletes contacts deletes their rows.
create table relational_rows (
    account_id int not null,
    table_id   bigint not null,
    row_key    text collate "C" not null,
    contact_id bigint,
    owner_key  text collate "C",
    cells      jsonb not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (account_id, table_id, row_key),
    check (owner_key is null or contact_id is not null)
);

create index relational_rows_of_contacts on relational_rows (account_id, contact_id, table_id)
    where contact_id is not null;
create index relational_rows_of_rows on relational_rows (account_id, table_id, owner_key)
    where owner_key is not null;

-- How many events an account has. Whoever records events counts this up as the last thing of its transaction, so that
-- numbers are in the order of commits: whoever reads last_seq may read all events up to it, and will have missed none.
create table event_counters (
    account_id int primary key,
    last_seq   bigint not null,
    last_at    timestamptz not null
);

-- What happened, only ever added to, a partition for each day (store/events.py makes them ahead). seq and recorded_at
-- rise together in the order of commits. type, source: contacts.events. attributes: what a type has of its own.
create table events (
    account_id  int not null,
    seq         bigint not null,
    recorded_at timestamptz not null,
    at          timestamptz not null,
    event_id    uuid not null,
    type        text collate "C" not null,
    source      text collate "C" not null,
    channel     text collate "C",
    contact_id  bigint,
    campaign_id bigint,
    message_id  bigint,
    address     text,
    attributes  jsonb not null,
    primary key (account_id, type, seq, recorded_at)
) partition by range (recorded_at);

-- For days without a partition of their own, so that no event is ever refused.
create table events_of_other_days partition of events default;

-- What answers the questions about one campaign; what was sent is counted by its messages.
create index events_of_campaigns on events (account_id, campaign_id, type, message_id)
    where campaign_id is not null and type <> 'message.sent';

-- What events are called at their source, so that what is told twice is recorded once.
create table event_keys (
    account_id int not null,
    key        text collate "C" not null,
    seen_at    timestamptz not null,
    primary key (account_id, key)
);

create index event_keys_by_age on event_keys (account_id, seen_at);

-- What messages are made of; content is contacts.templates.Content.
create table templates (
    account_id  int not null,
    template_id bigint generated always as identity,
    name        text not null,
    content     jsonb not null,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    primary key (account_id, template_id),
    unique (account_id, name)
);

-- Who was or will be written to, by what. A name never changes; content is a copy of the template as it was at the launch.
-- options: what else was asked for. remark: why a launch failed. Of transactional ones, which `send` feeds, there is one of
-- each name a list, for each template and subject.
create table campaigns (
    account_id   int not null,
    campaign_id  bigint generated always as identity,
    name         text not null,
    kind         text not null check (kind in ('ONE_SHOT', 'SCENARIZED', 'AB_TEST', 'TRANSACTIONAL')),
    channel      text not null,
    list_id      bigint,
    template_id  bigint,
    content      jsonb not null,
    options      jsonb not null,
    is_test      boolean not null,
    state        text not null
                 check (state in ('draft', 'scheduled', 'running', 'paused', 'finished', 'cancelled')),
    created_at   timestamptz not null,
    created_by   text not null,
    scheduled_at timestamptz,
    launched_at  timestamptz,
    finished_at  timestamptz,
    remark       text,
    primary key (account_id, campaign_id)
);

create unique index campaigns_sticky
    on campaigns (account_id, list_id, name, template_id, coalesce(options ->> 'subject', '')) where kind = 'TRANSACTIONAL';
create index campaigns_running on campaigns (account_id, channel) where state = 'running';
create index campaigns_scheduled on campaigns (account_id, scheduled_at) where state = 'scheduled';

-- Saved filters of contacts, in words (contacts/segments.py).
create table segments (
    account_id int not null,
    segment_id bigint generated always as identity,
    name       text not null,
    filter     text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (account_id, segment_id),
    unique (account_id, name)
);

-- The tracked links of a campaign's content. url is as the template has it, and may have fields in it.
create table campaign_links (
    account_id  int not null,
    campaign_id bigint not null,
    link_id     int not null,
    url         text not null,
    name        text not null,
    categories  text[] not null,
    primary key (account_id, campaign_id, link_id)
);

-- Files of people for partners; file_id is null once the file is not kept any more. login is who alone sees it, null for
-- every login of the account. first_seq, last_seq: the events of its people (batch.ready), all recorded at ready_at.
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

-- What people are hoped to do on a site; patterns are of pages (contacts/goals.py).
create table goals (
    account_id int not null,
    goal_id    bigint generated always as identity,
    name       text not null,
    kind       text collate "C" not null check (kind in ('WEBVISIT', 'TRANSACTION')),
    patterns   text[] not null,
    created_at timestamptz not null,
    primary key (account_id, goal_id),
    unique (account_id, name)
);

-- What people are asked; definition is contacts.surveys.Definition.
create table surveys (
    account_id int not null,
    survey_id  bigint generated always as identity,
    name       text collate "C" not null,
    definition jsonb not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (account_id, survey_id),
    unique (account_id, name)
);

-- One message to one person. claim: whoever is handing it over; what a dead one had claimed is in doubt. own: what a
-- single message brings along, such as items. provider_id is what the provider calls it. tried_at: when it was first handed over, or
-- nearly. paced: due_at is its place in the pace of its domain. People who get none are events.
create table messages (
    account_id  int not null,
    message_id  bigint generated always as identity,
    campaign_id bigint not null,
    contact_id  bigint not null,
    channel     text collate "C" not null,
    address     text collate "C" not null,
    format      smallint,
    own         jsonb,
    state       text collate "C" not null
                check (state in ('waiting', 'claimed', 'sent', 'failed', 'cancelled', 'in_doubt')),
    due_at      timestamptz not null,
    attempts    smallint not null,
    claim       uuid,
    claimed_at  timestamptz,
    sent_at     timestamptz,
    provider    text,
    provider_id text,
    answer      text,
    tried_at    timestamptz,
    paced       boolean not null default false,
    opened_at   timestamptz,
    clicked_at  timestamptz,
    primary key (account_id, message_id),
    check ((state = 'claimed') = (claim is not null))
);

create index messages_waiting on messages (account_id, campaign_id, due_at, message_id) where state = 'waiting';
create index messages_claimed on messages (account_id, claimed_at) where state in ('claimed', 'in_doubt');
create index messages_of_campaigns on messages (account_id, campaign_id, contact_id);
create index messages_at_providers on messages (account_id, provider_id) where provider_id is not null;
create index messages_to_numbers on messages (account_id, address, message_id) where channel = 'SMS';

-- Who is handing messages over. Whoever shows no sign of life for a while is dead: of what it had claimed, the messages in
-- handing may have left, the others have not.
create table message_claims (
    account_id int not null,
    claim      uuid not null,
    channel    text collate "C" not null,
    beat_at    timestamptz not null,
    handing    bigint[] not null,
    primary key (account_id, claim)
);

-- When the next message may go, of an account (no domain) and to a domain, where there is a limit or the domain is busy.
create table sending_paces (
    account_id int not null,
    channel    text collate "C" not null,
    domain     text collate "C" not null,
    free_at    timestamptz not null,
    primary key (account_id, channel, domain)
);

-- What mails are signed with, by the domain of their sender. public_key is what stands in the DNS; a key signs once it
-- was activated, and of those of one kind the one activated last.
create table dkim_keys (
    account_id    int not null,
    domain        text collate "C" not null,
    selector      text collate "C" not null,
    kind          text not null check (kind in ('rsa', 'ed25519')),
    public_key    text not null,
    sealed_secret bytea not null,
    created_at    timestamptz not null,
    activated_at  timestamptz,
    primary key (account_id, domain, selector)
);

-- Which links of messages were clicked. first_event: the click that was the first. clicked_at, event_id: the last click of
-- a person, none where only machines have followed the link; goals are attributed to it.
create table clicked_links (
    account_id  int not null,
    message_id  bigint not null,
    link_id     int not null,
    campaign_id bigint not null,
    contact_id  bigint not null,
    first_event uuid not null,
    clicked_at  timestamptz,
    event_id    uuid,
    primary key (account_id, message_id, link_id)
);

create index clicked_links_of_contacts on clicked_links (account_id, contact_id, clicked_at) where clicked_at is not null;

-- Answers of recipients that wait until a file that changes the account's contacts is through. wishes: true or false, by the
-- scope of opt-outs; said: why, in the recipient's words.
create table waiting_answers (
    account_id int not null,
    answer_id  bigint generated always as identity,
    message_id bigint not null,
    method     text not null,
    wishes     jsonb not null,
    said       text,
    at         timestamptz not null,
    primary key (account_id, answer_id)
);

-- Addresses that are left alone: for a while after bounces, for long when they do not exist, for ever after a complaint.
create table suppressions (
    account_id int not null,
    address    text collate "C" not null,
    channel    text collate "C" not null,
    kind       text not null check (kind in ('QUARANTINE_TEMPORARY', 'QUARANTINE_LONG_TERM', 'BLACKLIST')),
    reason     text not null,
    bounces    int not null,
    since_at   timestamptz not null,
    until_at   timestamptz,
    contact_id bigint,
    campaign_id bigint,
    ended_for  text,
    primary key (account_id, address, channel)
);

create index suppressions_ending on suppressions (account_id, until_at) where until_at is not null;

create table bounce_series (
    account_id int not null,
    address    text collate "C" not null,
    channel    text collate "C" not null,
    hard       int not null,
    soft       int not null,
    last_at    timestamptz not null,
    primary key (account_id, address, channel)
);

create table waiting_returns (
    account_id  int not null,
    return_id   bigint generated always as identity,
    received_at timestamptz not null,
    told        jsonb not null,
    primary key (account_id, return_id)
);

-- The days of an account, in its own time zone, of which there are reports or could be. up_to_seq: the last event that
-- was looked at. What is closed is final, and no event of that day can come any more.
create table report_days (
    account_id int not null,
    day        date not null,
    up_to_seq  bigint not null,
    closed     boolean not null,
    written_at timestamptz not null,
    primary key (account_id, day)
);

-- Which OUT flows an account has (outflow/catalogue.py), and how. seq, seq_at, act: the cut of the last window, which only ever
-- moves on, under a lock of the row. questions: the columns of a survey so far. options: outflow.options.
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

-- The ledger of files: one of each flow, day and extra ('' for the one of the day). A window, (from_seq, to_seq] of events and
-- (from_act, to_act] of the consent ledger, belongs to its run for ever. from_at, to_at: when the events at its ends were recorded.
-- tries, tried_since: of the making or delivery under way; next_at is when the next try is due; while leased_until lies ahead
-- somebody delivers it. attempts: how often it was begun to be made; more than one ahead of tries when those who did so died.
-- plan: all else that the file is made by, as it was when it was planned. left_out: events of people who are gone.
-- anew: while a file is made anew, what the new one is made by, and the state to which a run goes back if that fails.
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
    tries        int not null default 0,
    tried_since  timestamptz,
    next_at      timestamptz,
    leased_until timestamptz,
    anew         jsonb,
    primary key (account_id, run_id),
    unique (account_id, flow, local_date, extra),
    check ((state in ('GENERATED', 'UPLOADED_TMP', 'PUBLISHED')) <= (rows is not null))
);

create index flow_runs_under_way on flow_runs (account_id, flow) where state = 'PLANNED';
create index flow_runs_with_bytes on flow_runs (blob_key) where blob_key is not null;
create index flow_runs_to_deliver on flow_runs (account_id, flow, run_id)
    where state in ('GENERATED', 'UPLOADED_TMP') and location is not null;

-- Where files that go out are brought to. secret: the password or the private key of public_key, as JSON, sealed for its
-- account and name. host_key: the key that an SSH server must have. authority: what a certificate must be signed by.
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
