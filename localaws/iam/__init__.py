"""IAM as AWS enforces it: who signed a request, what it needs, and whether the deployed role may."""
