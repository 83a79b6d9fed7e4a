"""The rehearsal: what a client would deploy, deployed, booted and traded through on one Linux machine, without AWS.

    ┌ embedded AWS (moto) ─────────────┐
    │ CloudFormation, EC2, IAM, S3,    │◄── cdk deploy
    │ Secrets Manager, CloudWatch      │
    └───────▲──────────────────────────┘
            │ TLS front and metadata: AWS's own names, signatures and policies checked
    ┌ gateway ────┐      ┌ EC2's edge ──────────────┐      ┌ venue ──────────────┐      ┌ exchange ────┐
    │ Debian, own │ tap0 │ 1:1 NAT, security group, │ peer │ strongSwan, mirror  │      │ QuickFIX     │
    │ kernel,     ├──────┤ ESP and AH dropped,      ├──────┤ of the venue file   ├──────┤ acceptor     │
    │ cloud-init  │ 9001 │ too large vanishes       │ 1500 │ (a gateway a peer)  │      │ TCP echo     │
    └─────────────┘      └──────────▲───────────────┘      └─────────────────────┘      └──────────────┘
    QuickFIX initiator       trading host (QuickFIX initiator),
    (engine on the gateway)  where the client has such

Each box but the first is a network namespace of this run's own; the gateway is a virtual machine.
"""
