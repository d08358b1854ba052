-- Keys of DKIM sign once they are activated; those that there are go on signing.

alter table dkim_keys add column activated_at timestamptz;

update dkim_keys set activated_at = created_at;
