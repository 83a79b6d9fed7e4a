"""The venue's VPN form, filled in from the files and the deployed stack; and the venue's answer, compared with the files."""
