"""SMS, voice and voicemail: how long a text is, who carries it, and what comes back from phones."""
