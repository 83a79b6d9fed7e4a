"""What runs on the gateway: the first boot, and the watch over the tunnels."""
