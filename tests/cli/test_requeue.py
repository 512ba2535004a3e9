"""The place that requeue keeps: by reason, in one committed offset and its metadata."""

from confluent_kafka import TopicPartition

from linewatch.stream.shell.dead_letters import Place


def kept(place: Place) -> TopicPartition:
    """As a group gives it back."""
    return place.to_commit("linewatch.deadletters", 3)


def test_before_the_first_call_everything_is_to_be_sent() -> None:
    place = Place(TopicPartition("linewatch.deadletters", 3), 5)
    assert place.begin(None) == 5
    assert not place.is_done("kind", 5)


def test_one_reason_goes_ahead_of_the_others() -> None:
    place = Place(TopicPartition("linewatch.deadletters", 3), 0)
    place.done("kind", 10)
    again = Place(kept(place), 0)
    assert again.is_done("kind", 9)
    assert not again.is_done("kind", 10)
    assert not again.is_done("unreadable", 0)
    assert (again.begin("kind"), again.begin("unreadable"), again.begin(None)) == (10, 0, 0)


def test_all_reasons_leave_none_behind() -> None:
    place = Place(TopicPartition("linewatch.deadletters", 3), 0)
    place.done("kind", 10)
    place.done(None, 20)
    again = Place(kept(place), 0)
    assert again.is_done("kind", 19)
    assert again.is_done("unreadable", 19)
    assert again.begin(None) == 20


def test_what_the_topic_no_longer_has_is_passed_over() -> None:
    place = Place(TopicPartition("linewatch.deadletters", 3, 4), 9)
    assert place.begin(None) == 9
