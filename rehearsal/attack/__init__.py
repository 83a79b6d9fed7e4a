"""What a venue, or a trading host, may try against the gateway, and what of it gets through: nothing."""
