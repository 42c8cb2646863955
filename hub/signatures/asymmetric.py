"""Signatures with two keys: Ed25519, ECDSA on P-256, RSA. None of these functions raises."""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509 import load_pem_x509_certificate


def ed25519_key(key: bytes) -> bool:
    """Whether the bytes are a public key."""
    try:
        Ed25519PublicKey.from_public_bytes(key)
    except ValueError:
        return False
    return True


def ed25519_signed(key: bytes, signed: bytes, signature: bytes) -> bool:
    """Whether the holder of the key's other half signed it."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def ecdsa_key(key: bytes) -> bool:
    """Whether the bytes are a public key on P-256, in DER."""
    return _p256(key) is not None


def ecdsa_signed(key: bytes, signed: bytes, signature: bytes) -> bool:
    """Whether the holder of the key's other half signed it, with SHA-256."""
    public = _p256(key)
    try:
        if public is not None:
            public.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
            return True
    except (InvalidSignature, ValueError):
        pass
    return False


def rsa_signed(certificate: bytes, signed: bytes, signature: bytes, *, sha1: bool) -> bool:
    """Whether the owner of a certificate (PEM) signed it, as PKCS #1 v1.5 says."""
    try:
        public = load_pem_x509_certificate(certificate).public_key()
        if isinstance(public, rsa.RSAPublicKey):
            public.verify(signature, signed, padding.PKCS1v15(), hashes.SHA1() if sha1 else hashes.SHA256())  # noqa: S303
            return True
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        pass
    return False


@lru_cache(maxsize=64)
def _p256(key: bytes) -> ec.EllipticCurvePublicKey | None:
    try:
        public = serialization.load_der_public_key(key)
    except (ValueError, UnsupportedAlgorithm):
        return None
    is_one = isinstance(public, ec.EllipticCurvePublicKey) and isinstance(public.curve, ec.SECP256R1)
    return public if is_one else None  # type: ignore[return-value]
