"""429: how many requests a minute may bring, in real time."""

from slamon.simulator import SimClock, Simulator
from slamon.simulator.limit import Limit
from tests.simulator.conftest import API, FRIDAY_AFTERNOON, serving


def test_the_oldest_request_of_the_minute_makes_room() -> None:
    seconds = [0.0]
    limit = Limit(2, lambda: seconds[0])
    assert limit.take() == 0
    seconds[0] = 10.0
    assert limit.take() == 0
    assert limit.take() == 50.0
    seconds[0] = 60.0
    assert limit.take() == 0
    assert limit.take() == 10.0


def test_no_limit() -> None:
    limit = Limit(0)
    assert {limit.take() for _ in range(2_000)} == {0.0}


def test_too_many_requests_have_a_body_of_their_own() -> None:
    clock = SimClock(FRIDAY_AFTERNOON, speed=0)
    with serving(Simulator(7, 0, 5, clock=clock, requests_per_minute=3), clock) as desk:
        assert [desk.client.get(f"{API}/system/info").status_code for _ in range(4)] == [200, 200, 200, 429]
        refused = desk.client.get(f"{API}/system/info")
        seconds = int(refused.headers["retry-after"])
        assert 0 < seconds <= 60
        said = f"Too many requests. Please try again in {seconds} seconds."
        assert refused.json() == {"error": "ConnectWiseAPI", "message": said}
