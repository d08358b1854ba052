"""Goals: what people do on a site after they were written to, put down to the campaign that led there."""
