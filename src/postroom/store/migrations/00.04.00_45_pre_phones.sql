-- Answers of people name the number alone: what they answer to is the newest SMS to it.

create index messages_to_numbers on messages (account_id, address, message_id) where channel = 'SMS';
