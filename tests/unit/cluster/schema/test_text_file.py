"""A text file: written whole, in place of an older one."""

from pathlib import Path

from kafka_fab.cluster.schema import text_file


def test_what_is_written_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "cluster.id"
    for text in ("first\n", "2\n"):
        text_file.write(file, text)
        assert text_file.read(file, "cluster.id") == (text, [])
    assert list(tmp_path.iterdir()) == [file]
