"""One master secret, many purposes: each derived by HMAC, so that knowing one tells nothing of another."""

import hashlib
import hmac


def derive(master: str, label: str) -> str:
    """The secret for `label`, as 64 hexadecimal digits."""
    return hmac.new(master.encode(), label.encode(), hashlib.sha256).hexdigest()
