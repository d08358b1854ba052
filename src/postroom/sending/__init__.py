"""Messages out: templates, campaigns, handing over to relays and providers; what comes back, as events."""
