"""A FIX session with an engine at each end: QuickFIX, as processes that take commands as JSON lines.

    Initiator ── {"do": "orders", …} ──> initiator.py ══ FIX through the tunnel ══ acceptor.py <── Acceptor
    (here, process.py)                   (gateway VM, or a trading host)           (exchange's namespace)

`initiator.py`, `acceptor.py` and what they import need nothing but Python 3.11 and `quickfix`: they run where
neither this project nor its packages are.
"""
