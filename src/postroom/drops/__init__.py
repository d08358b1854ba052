"""The life of a drop, from arriving to archived, and the tree in which senders see it."""
