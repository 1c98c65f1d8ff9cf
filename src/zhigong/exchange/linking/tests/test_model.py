"""The link model: what the file says is what counts, and a half-written file is refused."""

import pytest

from zhigong.exchange.linking.model import PATH, load_model
from zhigong.exchange.linking.training import settings
from zhigong.kernel import resources
from zhigong.kernel.errors import Refused

TEXT = resources.find(PATH).read_text("utf-8")


def load(tmp_path, text):
    file = tmp_path / PATH
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return load_model(within=[tmp_path])


def test_the_file_in_force_is_read_whole(tmp_path):
    model = load(tmp_path, TEXT)
    assert model == load_model()
    assert [one.name for one in model.comparisons] == ["name", "id", "birth", "sex", "employer"]
    assert 0.9 <= model.doubtful <= model.link <= model.without_number < 1
    assert len(settings(model)["comparisons"]) == 5


def test_another_weight_is_another_model(tmp_path):
    assert load(tmp_path, TEXT.replace("0.997,", "0.996,")).version != load_model().version


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("link: 0.995", "link: 1.5", "小数"),
        ("link: 0.995", "link: 0.9995", "without_number"),
        ("  doubtful: 0.9\n", "", "doubtful"),
        ("title:", "titel:", "titel"),
        ("term: birth_date", "term: phone", "name_key"),
        ('when: "true", m: 0.347', 'when: "1 = 1", m: 0.347', "true"),
        ("m: 0.997", "m: many", "小数"),
    ],
)
def test_a_faulty_file_is_refused_where_it_is_wrong(tmp_path, old, new, said):
    assert old in TEXT
    with pytest.raises(Refused) as refusal:
        load(tmp_path, TEXT.replace(old, new))
    assert said in str(refusal.value)
    assert PATH in str(refusal.value)
