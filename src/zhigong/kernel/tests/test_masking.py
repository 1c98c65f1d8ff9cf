"""Masks show enough to recognise, never enough to know."""

import pytest

from zhigong.kernel.masking import mask_account, mask_address, mask_id, mask_name, mask_phone


@pytest.mark.parametrize(
    ("mask", "value", "shown"),
    [
        (mask_id, "110105194912311234", "110***********1234"),
        (mask_id, "110105491231002", "110********1002"),
        (mask_id, "H12345678", "H******78"),
        (mask_id, "12345", "*****"),
        (mask_id, "", ""),
        (mask_phone, "13800000000", "138****0000"),
        (mask_phone, "057187654321", "**********21"),
        (mask_phone, "123", "***"),
        (mask_name, "张三", "张*"),
        (mask_name, "张建国", "张*国"),
        (mask_name, "欧阳娜娜", "欧**娜"),
        (mask_name, "买买提·艾力", "买**"),
        (mask_name, "张", "*"),
        (mask_name, "", ""),
        (mask_account, "6222021234567890", "****7890"),
        (mask_account, "1234", "****"),
        (mask_address, "芜湖市镜湖区某路1号", "芜湖市镜湖区***"),
        (mask_address, "某路1号", "****"),
    ],
)
def test_masks(mask, value, shown):
    assert mask(value) == shown
