"""Who may ask: Basic `company+publicKey:privateKey`, and a clientId header of any value."""

import base64
import binascii
import hmac

from starlette.datastructures import Headers

from slamon.simulator.errors import ApiError
from slamon.simulator.simulator import Credentials


def check(headers: Headers, credentials: Credentials) -> None:
    """
    Return if the request carries the right credentials.

    Raises:
        ApiError: 401 for missing or wrong credentials, 403 for a missing clientId.
    """
    wanted = f"{credentials.company}+{credentials.public_key}:{credentials.private_key}"
    given = _basic(headers.get("authorization", ""))
    if not hmac.compare_digest(given.casefold().encode(), wanted.casefold().encode()) or not _same_key(given, wanted):
        raise ApiError(401, "Unauthorized", "UserNotAuthenticated")
    if not headers.get("clientid", "").strip():
        raise ApiError(403, "Forbidden", "A clientId header is required to use this API.")


def _same_key(given: str, wanted: str) -> bool:
    """Compare the keys exactly; only the company's name may differ in case."""
    return hmac.compare_digest(given.partition("+")[2].encode(), wanted.partition("+")[2].encode())


def _basic(header: str) -> str:
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(token, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
