"""Browsers' media: ICE-lite, DTLS and SRTP for any number of legs on one shared UDP port."""
