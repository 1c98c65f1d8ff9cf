"""Field encryption, blind indexes and the key file: known answers, swaps, rotation, damage."""

import base64
import json
import multiprocessing
import os
import stat

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhigong.kernel import ids
from zhigong.kernel.crypto import Keyring, keyfile, verify
from zhigong.kernel.crypto.profiles import AES, SM4_PROFILE, Sm4Gcm
from zhigong.kernel.errors import Refused

FIELD = "people_person.id_number"
ROWS = ids.uuid7_batch(3, at_ms=1_700_000_000_000, entropy=lambda n: bytes(range(7, 7 + n)) if n < 200 else b"")


@pytest.fixture(params=["aes", "sm4"])
def ring(request, tmp_path):
    return Keyring.create(tmp_path / "key.json", profile=request.param)


# --- known answers


def test_aes_gcm_known_answer():
    """NIST GCM specification, test case 16 (AES-256)."""
    key = bytes.fromhex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308")
    plain = bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    aad = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    sealed = AES.aead(key).encrypt(bytes.fromhex("cafebabefacedbaddecaf888"), plain, aad)
    assert sealed.hex() == (
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b"
    )


def test_sm4_gcm_known_answer():
    """RFC 8998, appendix A.1."""
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    nonce = bytes.fromhex("00001234567800000000abcd")
    aad = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    plain = b"".join(bytes([value]) * 8 for value in (0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0xEE, 0xAA))
    sealed = Sm4Gcm(key).encrypt(nonce, plain, aad)
    assert sealed.hex() == (
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        "83de3541e4c2b58177e065a9bf7b62ec"
    )
    assert Sm4Gcm(key).decrypt(nonce, sealed, aad) == plain
    for damaged in (sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:10], b""):
        with pytest.raises(InvalidTag):
            Sm4Gcm(key).decrypt(nonce, damaged, aad)


def test_mac_known_answers():
    """RFC 4231 case 2 for HMAC-SHA256; an independent SM3 implementation for HMAC-SM3 (RFC 2104 by hand)."""
    message = b"what do ya want for nothing?"
    assert AES.mac(b"Jefe", message).hex() == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert SM4_PROFILE.mac(b"Jefe", message) == _hmac_by_hand(b"Jefe", message)
    assert _sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def _sm3(data):
    from cryptography.hazmat.primitives import hashes

    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def _hmac_by_hand(key, message):
    padded = key.ljust(64, b"\0")
    inner = _sm3(bytes(byte ^ 0x36 for byte in padded) + message)
    return _sm3(bytes(byte ^ 0x5C for byte in padded) + inner)


def test_hkdf_known_answer():
    """RFC 5869, test case 3: no salt, no info."""
    derived = AES.derive(b"\x0b" * 22, info="", length=42)
    assert derived.hex() == ("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8")


# --- fields


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_sealed_opens(ring, plain):
    cipher = ring.field(FIELD)
    assert cipher.open(cipher.seal(plain, ROWS[0]), ROWS[0]) == plain


def test_the_layout_is_as_documented(ring):
    blob = ring.field(FIELD).seal("110105194912310021", ROWS[0])
    assert len(blob) == 2 + 12 + 18 + 16
    assert blob[0] == {"aes": 1, "sm4": 2}[ring.profile.name]
    assert blob[1] == ring.current_version == 1
    assert b"194912" not in blob


def test_equal_values_never_look_equal(ring):
    cipher = ring.field(FIELD)
    assert len({cipher.seal("同一个值", ROWS[0]) for _ in range(50)}) == 50


def test_a_value_moved_to_another_row_column_or_table_does_not_open(ring):
    blob = ring.field(FIELD).seal("110105194912310021", ROWS[0])
    with pytest.raises(Refused):
        ring.field(FIELD).open(blob, ROWS[1])
    for other in ("people_person.phone", "people_household.id_number"):
        with pytest.raises(Refused):
            ring.field(other).open(blob, ROWS[0])


def test_every_changed_byte_is_noticed(ring):
    cipher = ring.field(FIELD)
    blob = cipher.seal("13800000000", ROWS[0])
    for place in range(len(blob)):
        changed = bytearray(blob)
        changed[place] ^= 1
        with pytest.raises(Refused):
            cipher.open(bytes(changed), ROWS[0])
    for length in range(len(blob)):
        with pytest.raises(Refused):
            cipher.open(blob[:length], ROWS[0])


def test_errors_do_not_reveal_the_value(ring):
    blob = ring.field(FIELD).seal("110105194912310021", ROWS[0])
    with pytest.raises(Refused) as caught:
        ring.field(FIELD).open(blob, ROWS[1])
    assert "110105" not in str(caught.value)
    assert str(ROWS[1]) in caught.value.where


def test_columns_are_sealed_and_opened_in_bulk(ring):
    cipher = ring.field(FIELD)
    values = ["甲", None, "丙"]
    blobs = cipher.seal_many(values, ROWS)
    assert blobs[1] is None
    assert cipher.open_many(blobs, ROWS) == values
    assert [cipher.open(blob, row) for blob, row in zip(blobs, ROWS, strict=True) if blob] == ["甲", "丙"]
    rows = ids.uuid7_bytes(3, at_ms=5)
    assert cipher.open_many(cipher.seal_many(values, rows), rows) == values
    with pytest.raises(ValueError, match=r"shorter|longer"):
        cipher.seal_many(values, ROWS[:2])


@pytest.mark.parametrize("name", ["person", ".id", "person.", "a|b.c", "a.b:c"])
def test_field_names_must_be_table_dot_column(ring, name):
    with pytest.raises(ValueError, match=r"table\.column"):
        ring.field(name)


# --- rotation


def test_old_versions_stay_readable_until_retired(ring):
    cipher = ring.field(FIELD)
    old = cipher.seal("旧值", ROWS[0])
    assert ring.rotate() == 2
    new = cipher.seal("新值", ROWS[1])
    assert (old[1], new[1]) == (1, 2)
    assert (cipher.is_current(old), cipher.is_current(new)) == (False, True)
    assert (cipher.open(old, ROWS[0]), cipher.open(new, ROWS[1])) == ("旧值", "新值")
    moved = cipher.reseal(old, ROWS[0])
    ring.retire(1)
    assert ring.versions == (2,)
    assert cipher.open(moved, ROWS[0]) == "旧值"
    with pytest.raises(Refused, match="密钥"):
        cipher.open(old, ROWS[0])


def test_the_current_version_cannot_be_retired(ring):
    with pytest.raises(Refused):
        ring.retire(ring.current_version)
    with pytest.raises(Refused):
        ring.retire(9)


def test_rotation_may_change_the_algorithms(tmp_path):
    ring = Keyring.create(tmp_path / "key.json")
    cipher = ring.field(FIELD)
    old = cipher.seal("值", ROWS[0])
    ring.rotate(profile="sm4")
    new = cipher.seal("值", ROWS[0])
    assert (old[0], new[0]) == (1, 2)
    again = Keyring.load(tmp_path / "key.json").field(FIELD)
    assert again.open(old, ROWS[0]) == again.open(new, ROWS[0]) == "值"
    with pytest.raises(Refused):
        ring.rotate(profile="des")


def test_another_process_sees_new_versions_and_keys(ring, tmp_path):
    elsewhere = Keyring.load(tmp_path / "key.json")
    ring.rotate()
    blob = ring.field("orgs_employer.account").seal("6222", ROWS[0])
    assert elsewhere.field("orgs_employer.account").open(blob, ROWS[0]) == "6222"
    assert elsewhere.current_version == 2


def test_a_new_kek_changes_no_value(ring, tmp_path):
    blob = ring.field(FIELD).seal("值", ROWS[0])
    token, before = ring.blind("person.id").index("甲"), (tmp_path / "key.json").read_bytes()
    ring.rotate_kek()
    again = Keyring.load(tmp_path / "key.json")
    assert again.field(FIELD).open(blob, ROWS[0]) == "值"
    assert again.blind("person.id").index("甲") == token
    assert json.loads(before)["kek"] != json.loads((tmp_path / "key.json").read_bytes())["kek"]


def test_versions_run_out_loudly(ring):
    ring._contents.fields[255] = ring.profile.name
    keyfile.write(ring._path, ring._contents)
    with pytest.raises(Refused, match="用完"):
        ring.rotate()


def _seal_in_child(path, number):
    ring = Keyring.load(path)
    return ring.field(FIELD).seal(str(number), ROWS[0]), ring.blind("person.id").index("甲")


@pytest.mark.slow
def test_processes_that_start_together_agree_on_new_keys(ring, tmp_path):
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        made = pool.starmap(_seal_in_child, [(str(tmp_path / "key.json"), number) for number in range(6)])
    cipher = Keyring.load(tmp_path / "key.json").field(FIELD)
    assert [cipher.open(blob, ROWS[0]) for blob, _ in made] == list("012345")
    assert len({token for _, token in made}) == 1


# --- blind indexes, derived secrets, seals


def test_blind_indexes_are_equal_for_equal_values_only(ring):
    blind = ring.blind("person.id_number")
    assert blind.index("110105194912310021") == blind.index("110105194912310021")
    assert len(blind.index("甲")) == 32
    assert blind.index("110105194912310021") != blind.index("110105194912310022")
    assert blind.index("甲") != ring.blind("person.phone").index("甲")
    assert blind.index_many(["甲", None, ""]) == [blind.index("甲"), None, None]
    with pytest.raises(ValueError, match="empty"):
        blind.index("")


def test_a_tail_is_found_by_its_four_characters(ring):
    blind = ring.blind("person.id_number")
    assert blind.tail("110105194912310021") == blind.tail("0021")
    tails = {blind.tail(f"{number:04d}") for number in range(2_000)}
    assert all(0 <= one <= 65_535 for one in tails)
    assert len(tails) > 1_900
    assert blind.tail_many(["0021", None, "21"]) == [blind.tail("0021"), None, None]
    with pytest.raises(ValueError, match="four"):
        blind.tail("21")


def test_blind_indexes_rotate_on_their_own(ring):
    old = ring.blind("person.id").index("甲")
    ring.rotate()
    assert ring.blind("person.id").index("甲") == old
    assert ring.rotate_blind() == ring.blind_version == 2
    assert ring.blind("person.id").index("甲") != old
    assert ring.blind("person.id", version=1).index("甲") == old


def test_derived_secrets_depend_on_label_and_ring_and_survive_rotation(ring, tmp_path):
    secret = ring.derive("database-role:web")
    assert len(secret) == 32
    assert ring.derive("database-role:web", 16) == secret[:16]
    assert secret != ring.derive("database-role:job")
    assert secret != Keyring.create(tmp_path / "other.json").derive("database-role:web")
    ring.rotate()
    ring.rotate_kek()
    assert Keyring.load(tmp_path / "key.json").derive("database-role:web") == secret
    with pytest.raises(ValueError, match="label"):
        ring.derive("")


def test_seals_verify_with_the_public_key_alone(ring, tmp_path):
    signer = ring.signer("audit")
    signature = signer.sign(b"root")
    assert verify(signer.public_key, b"root", signature)
    assert not verify(signer.public_key, b"roof", signature)
    assert not verify(ring.signer("other").public_key, b"root", signature)
    assert not verify(b"short", b"root", signature)
    ring.rotate()
    assert Keyring.load(tmp_path / "key.json").signer("audit").public_key == signer.public_key
    assert len(signer.key_id) == 16


# --- the key file


def test_the_file_is_private_and_holds_no_key_in_the_clear(ring, tmp_path):
    path = tmp_path / "key.json"
    ring.field(FIELD).seal("值", ROWS[0])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    for entry, key in ring._keys.items():
        assert base64.b64encode(key).decode() not in text, entry
    assert "kek" not in repr(ring)
    assert [one.name for one in tmp_path.iterdir() if ".tmp" in one.name] == []


def test_a_key_file_is_never_overwritten(ring, tmp_path):
    before = (tmp_path / "key.json").read_bytes()
    with pytest.raises(Refused, match="已存在"):
        Keyring.create(tmp_path / "key.json")
    assert (tmp_path / "key.json").read_bytes() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o620])
def test_a_file_open_to_others_is_refused(ring, tmp_path, mode):
    (tmp_path / "key.json").chmod(mode)
    with pytest.raises(Refused, match="chmod 600"):
        Keyring.load(tmp_path / "key.json")


def test_a_missing_file_says_what_to_do(tmp_path):
    with pytest.raises(Refused) as caught:
        Keyring.load(tmp_path / "nowhere.json")
    assert "备份" in caught.value.do
    with pytest.raises(Refused):
        Keyring.load(tmp_path)


def test_damage_anywhere_in_the_file_is_refused(ring, tmp_path):
    path = tmp_path / "key.json"
    ring.field(FIELD).seal("值", ROWS[0])
    whole = path.read_bytes()
    contents = json.loads(whole)
    damaged = [b"", b"{}", b"[]", b"null", whole[: len(whole) // 2], b"\xff" + whole]
    for name in contents:
        damaged.append(json.dumps({key: value for key, value in contents.items() if key != name}).encode())
    damaged.append(json.dumps(contents | {"current": 2}).encode())
    damaged.append(json.dumps(contents | {"extra": 1}).encode())
    damaged.append(json.dumps(contents | {"kek": base64.b64encode(os.urandom(32)).decode()}).encode())
    for raw in damaged:
        path.write_bytes(raw)
        with pytest.raises(Refused, match="损坏"):
            Keyring.load(path)


def test_a_failed_write_changes_nothing(ring, tmp_path, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keyfile, "write", full)
    with pytest.raises(Refused, match="没有写成"):
        ring.rotate()
    assert ring.current_version == 1
    with pytest.raises(Refused, match="没有写成"):
        ring.field("a.b").seal("值", ROWS[0])
    monkeypatch.undo()
    assert Keyring.load(tmp_path / "key.json").current_version == 1
