"""SIP without I/O: transactions, dialogs, offer/answer, registrar, digest; sockets in one file a transport."""
