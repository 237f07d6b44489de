"""Inspection (质检): every call judged by the book, what people say of it, and the figures of both."""
