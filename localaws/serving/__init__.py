"""What every server process of the rehearsal shares: its life, its outages, its requests, its way to the embedded AWS."""
