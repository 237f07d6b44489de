"""What accounts refuse.

AccountError
├── WrongCredentials  no such user with this password (which of the two is not told)
│   └── WrongPassword the old password of somebody signed in is another
├── UnknownPerson     nobody of this name may sign in
├── LockedOut         too many failures; try again later
├── TokenNameTaken    an API token of this name exists
├── WeakPassword      too short
└── SamePassword      the new one is the old one
"""

from __future__ import annotations


class AccountError(Exception):
    """The base of all refusals here."""


class WrongCredentials(AccountError):
    def __init__(self) -> None:
        super().__init__("The user name or the password is wrong. Try again, or ask an administrator.")


class WrongPassword(WrongCredentials):
    def __str__(self) -> str:
        return "The old password is wrong. Try again, or ask an administrator for a new one."


class UnknownPerson(AccountError):
    def __init__(self, user: str) -> None:
        self.user = user
        super().__init__(f"Nobody named {user!r} may sign in. Look at `people` in the configuration.")


class LockedOut(AccountError):
    def __init__(self, retry_after_ms: int) -> None:
        self.retry_after_ms = retry_after_ms
        seconds = -(-retry_after_ms // 1000)
        super().__init__(f"Too many failed sign-ins. Try again in {seconds} s.")


class TokenNameTaken(AccountError):
    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"An API token named {name!r} exists. Choose another name, or remove that one first."
        )


class WeakPassword(AccountError):
    def __init__(self, least: int) -> None:
        super().__init__(f"The password is too short. Choose at least {least} characters.")


class SamePassword(AccountError):
    def __init__(self) -> None:
        super().__init__("The new password is the one you have. Choose another.")
