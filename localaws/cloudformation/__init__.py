"""A stand-in for AWS: moto in a server of its own, with a small CloudFormation in place of moto's.

moto's CloudFormation knows neither signals nor replacement nor roll-back, and all three are what the gateway's life
hangs on. So `api` answers CloudFormation's calls here, `stack` keeps the record, `operation` does the work in a
thread, and `kinds` creates each resource through moto's public API, as CloudFormation does through AWS's. Everything
else (EC2, IAM, S3, Secrets Manager, SSM, CloudWatch …) is moto's own.

What it proves is wiring: that references resolve, that the order holds, that the gateway's signal is awaited, that the
address moves last and that what is to be kept is kept. Which property replaces a resource, and whether the old one goes first, is
not guessed: it is read from AWS's own resource schemas, as cfn-lint ships them. `localaws.rules` holds what AWS refuses and moto
does not. docs/local-aws.md lists what is emulated, after which source, and what is not.
"""
