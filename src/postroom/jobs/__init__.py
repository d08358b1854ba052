"""The queue: enqueue in my transaction, work, retry, recover. Owns procrastinate."""
