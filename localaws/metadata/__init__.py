"""What the EC2 instance metadata service knows of a deployed instance, and under which paths."""
