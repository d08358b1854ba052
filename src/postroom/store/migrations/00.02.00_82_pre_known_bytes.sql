create index drops_of_bytes on drops (account_id, sha256);
