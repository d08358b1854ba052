"""Providers that are called by HTTP, for SMS, voice and voicemail."""
