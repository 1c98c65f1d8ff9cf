"""Field encryption, blind indexes, derived secrets and seals, all from one key file.

Owns the key file. Offers `Keyring` and what it hands out: `FieldCipher`, `BlindIndex`, `Signer`. Knows no table: fields
are named `table.column` by those who own them.
"""

from zhigong.kernel.crypto.blind import BlindIndex
from zhigong.kernel.crypto.fields import FieldCipher
from zhigong.kernel.crypto.keyring import Keyring
from zhigong.kernel.crypto.signing import Signer, verify

__all__ = ["BlindIndex", "FieldCipher", "Keyring", "Signer", "verify"]
