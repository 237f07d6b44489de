"""SIP without I/O: transactions, dialogs, offer/answer, registrar, digest; one socket file a transport."""
