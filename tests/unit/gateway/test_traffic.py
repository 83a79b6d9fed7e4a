"""What counts as silence, second by second: of what is sent, of one connection, of all of them, of a tunnel's counters."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from fixtunnel.connections import Connection, Ends
from fixtunnel.sight import ChildSa, Seen
from fixtunnel.silence import Talk, Talks, Wait
from fixtunnel.traffic import Traffic
from tests.unit.gateway.street import sessions

TRADER, OWN = IPv4Address("10.64.1.10"), IPv4Address("10.91.0.1")
ORDERS, DROPCOPY, ELSEWHERE = "10.220.4.10", "10.220.4.30", "192.0.2.9"
REMOTE = ("10.220.0.0/16",)


def waited(*looks: tuple[bool, bool]) -> Wait:
    """A look a second from 0, each with whether something was sent, and heard."""
    wait = Wait()
    for now, (sent, heard) in enumerate(looks):
        wait.note(sent=sent, heard=heard, now=float(now), before=now - 1.0)
    return wait


SENT, HEARD, NOTHING = (True, False), (True, True), (False, False)


@pytest.mark.parametrize(
    ("looks", "silent_from"),
    [
        ([SENT, SENT], 2.5),
        ([SENT, NOTHING, NOTHING, SENT], 3.9),
        ([SENT, SENT, SENT, SENT], 2.5),
        ([SENT], None),
        ([NOTHING, NOTHING, NOTHING], None),
        ([SENT, SENT, HEARD], None),
        ([SENT, SENT, HEARD, SENT, SENT], 5.5),
        ([HEARD, SENT], None),
        # What is sent at once after something came, and is not repeated for 3.5 s, wants no answer.
        ([HEARD, SENT, *[NOTHING] * 3, SENT], 5.9),
        ([HEARD, SENT, *[NOTHING] * 4, SENT], None),
        ([HEARD, SENT, *[NOTHING] * 4, SENT, SENT], 8.5),
        ([HEARD, SENT, SENT, *[NOTHING] * 5, SENT], 3.5),
        ([HEARD, NOTHING, SENT, *[NOTHING] * 4, SENT], 7.9),
        ([SENT, *[NOTHING] * 5, SENT], 6.9),
    ],
)
def test_silence_is_two_looks_unanswered_for_three_and_a_half_seconds(
    looks: list[tuple[bool, bool]], silent_from: float | None
) -> None:
    """It may have been sent right after the look before, so that is where the time runs from."""
    wait = waited(*looks)
    for eighth in range(8 * len(looks) - 8, 80):
        now = eighth / 8
        assert wait.is_silent(now) is (silent_from is not None and now >= silent_from), now


def test_a_session_speaks_for_its_tunnel_however_long_ago_it_was_answered() -> None:
    talk = Talk(IPv4Address(ORDERS))
    assert not talk.speaks(0.0), "it has not been heard"
    talk.note(went=1, came=0, is_open=True, now=0.0, before=-1.0)
    assert not talk.speaks(0.0), "taken up in its middle"
    talk.note(went=1, came=1, is_open=True, now=1.0, before=0.0)
    for later in (1.0, 3600.0, 86400.0):
        assert talk.speaks(later)


def test_one_that_ended_or_is_not_answered_speaks_for_nothing() -> None:
    talk = Talk(IPv4Address(ORDERS))
    talk.note(went=1, came=1, is_open=True, now=0.0, before=-1.0)
    talk.note(went=1, came=1, is_open=False, now=1.0, before=0.0)
    assert not talk.speaks(1.0)
    talk.note(went=2, came=1, is_open=True, now=2.0, before=1.0)
    talk.note(went=3, came=1, is_open=True, now=3.0, before=2.0)
    assert talk.speaks(4.4)
    assert not talk.speaks(4.5)


def test_a_connect_asks_in_vain_from_its_first_packet() -> None:
    """The kernel counts that one alone."""
    talk = Talk(IPv4Address(ORDERS))
    for now in range(1, 9):
        assert talk.asks_in_vain(now - 0.6) is (now - 0.6 >= 3.5), now
        talk.note(went=1, came=0, is_open=False, now=float(now), before=now - 1.0)
    assert not talk.wait.is_silent(8.0), "which says nothing of a session"
    talk.note(went=1, came=1, is_open=False, now=9.0, before=8.0)
    assert not talk.asks_in_vain(20.0), "refused is answered"
    talk.note(went=2, came=0, is_open=True, now=10.0, before=9.0)
    assert not talk.asks_in_vain(20.0), "a session is no connect"


def test_what_is_not_said_again_is_not_unanswered() -> None:
    """Its counters stand still: nobody waits for anything."""
    talk = Talk(IPv4Address(ORDERS))
    for now in range(10):
        talk.note(went=5, came=5, is_open=True, now=float(now), before=now - 1.0)
    assert talk.speaks(9.0)
    assert not talk.wait.is_silent(9.0)


def line(host: str, sent: int, answered: int, *, source: IPv4Address = TRADER, port: int = 50001) -> Connection:
    return Connection(source, port, IPv4Address(host), 7010, True, sent, answered)


def told(talks: Talks, *looks: list[Connection], own: frozenset[Ends] = frozenset()) -> Talks:
    for now, seen in enumerate(looks):
        talks.note(seen, own, float(now), now - 1.0)
    return talks


def test_the_host_that_does_not_answer_is_named() -> None:
    talks = told(
        Talks(REMOTE),
        *([line(ELSEWHERE, n, 1, port=50003), line(ORDERS, n, n), line(DROPCOPY, n, 1, port=50002)] for n in (1, 2, 3)),
    )
    assert talks.silent_hosts(3.9) == {DROPCOPY}, "what is not behind the tunnel says nothing of it"
    assert talks.speak(3.9)


def test_a_connection_that_the_venue_began_counts_the_other_way_round() -> None:
    def theirs(asked: int, replied: int) -> Connection:
        return Connection(IPv4Address(ORDERS), 40000, OWN, 7010, True, asked, replied)

    heard = told(Talks(REMOTE), *([theirs(n, 1)] for n in (1, 2, 3)))
    assert heard.speak(3.9)
    assert heard.silent_hosts(3.9) == frozenset(), "it is they who speak"
    unheard = told(Talks(REMOTE), *([theirs(1, n)] for n in (1, 2, 3)))
    assert unheard.silent_hosts(3.9) == {ORDERS}


def test_our_own_probe_says_nothing() -> None:
    """It is known by both of its ends: what shares its port alone is another one's."""
    probes = [line(ORDERS, n, 0, source=OWN, port=41000) for n in (1, 2, 3)]
    hosts, sessions = ([line(DROPCOPY, n, n, source=source, port=41000) for n in (1, 2, 3)] for source in (TRADER, OWN))
    for others in (hosts, sessions):
        looks = [list(look) for look in zip(probes, others, strict=True)]
        talks = told(Talks(REMOTE), *looks, own=frozenset({probes[0].key}))
        assert talks.speak(9.0)
        assert talks.silent_hosts(9.0) == frozenset()


def test_a_connection_that_is_gone_says_nothing_any_more() -> None:
    talks = told(Talks(REMOTE), *([line(ORDERS, n, 1)] for n in (1, 2, 3)), [])
    assert talks.silent_hosts(9.0) == frozenset()
    assert not talks.speak(3.0)


def test_a_new_tunnel_has_kept_nobody_waiting() -> None:
    talks = told(Talks(REMOTE), *([line(ORDERS, n, 1)] for n in (1, 2, 3)))
    assert talks.silent_hosts(5.0) == {ORDERS}
    talks.begin_again()
    assert talks.silent_hosts(5.0) == frozenset()


# A tunnel's counters.


def child(added: int = 100, count_in: int = 0, count_out: int = 0, *, part: str = "") -> ChildSa:
    return ChildSa(part, added, count_in, count_out)


def up(*children: ChildSa) -> Seen:
    return Seen("up", children={f"#{child.part}{child.added}": child for child in children})


def flowing(*counts: tuple[int, int], seconds_before: float = 0.0, session: bool = True) -> Traffic:
    """A look a second. `session`: whether it is a session that all of it belongs to."""
    traffic = Traffic(REMOTE)
    for now, (came, went) in enumerate(counts):
        seen = up(child(count_in=came, count_out=went))
        traffic.note(seen, seconds_before + now, connections=sessions(seen, ORDERS) if session else ())
    return traffic


def test_what_goes_through_adds_up_until_it_is_taken() -> None:
    traffic = flowing((10, 1), (10, 5), (30, 5))
    assert (traffic.bytes_in, traffic.bytes_out) == (30, 5)
    assert traffic.take() == (30, 5, 0)
    assert traffic.take() == (0, 0, 0)
    traffic.note(up(child(count_in=31, count_out=7)), 3.0)
    assert traffic.take() == (1, 2, 0)


def test_counters_that_go_back_take_nothing_away() -> None:
    traffic = flowing((50, 50), (10, 10))
    assert traffic.take() == (50, 50, 0)


def test_after_a_rekey_both_count_and_it_is_one_rekey() -> None:
    traffic = Traffic()
    traffic.note(up(child(100, 10, 10)), 0.0)
    traffic.note(up(child(100, 15, 10), child(200, 1, 2)), 1.0)
    traffic.note(up(child(200, 4, 3)), 2.0)
    assert traffic.take() == (19, 13, 1)


def test_the_youngest_counts_in_whichever_order_they_are_told() -> None:
    traffic = flowing((5, 5))
    for now in (1.0, 2.0):
        traffic.note(up(child(200), child(100, 5, 5)), now)
    assert traffic.rekeys == 1


def test_another_sa_under_the_same_number_counts_from_nothing() -> None:
    """A restarted engine counts from #1 again."""
    traffic = Traffic()
    for now, seen in enumerate((child(100, 10, 10), child(300, 12, 12))):
        traffic.note(Seen("up", children={"#2": seen}), float(now))
    assert traffic.take() == (22, 22, 1)


def test_all_networks_at_once_are_one_rekey_and_a_network_that_comes_up_is_none() -> None:
    traffic = Traffic()
    traffic.note(up(child(100, part="/1x1"), child(101, part="/1x2")), 0.0)
    traffic.note(up(child(200, part="/1x1"), child(201, part="/1x2")), 1.0)
    assert traffic.rekeys == 1
    traffic.note(up(child(200, part="/1x1"), child(201, part="/1x2"), child(201, part="/1x3")), 2.0)
    assert traffic.rekeys == 1


def test_one_that_falls_and_comes_again_is_a_rekey() -> None:
    traffic = flowing((5, 5))
    traffic.note(Seen("down"), 1.0)
    traffic.note(up(child(200)), 2.0)
    assert traffic.take() == (5, 5, 1)


def test_one_way_is_what_is_sent_and_not_answered() -> None:
    assert flowing((5, 5), (5, 6), (5, 7), (5, 8), (5, 9), (5, 10)).is_one_way(5.0)
    assert not flowing((5, 5), (5, 6), (5, 7), (5, 8), (5, 9), (6, 10)).is_one_way(5.0)
    assert not flowing((5, 5), (5, 5), (5, 5), (5, 5), (5, 5), (5, 5)).is_one_way(9.0), "nobody speaks"


def test_what_was_sent_before_the_first_look_is_not_old() -> None:
    """A watch that begins beside a tunnel that has heard nothing: it waits as long as any other would."""
    traffic = flowing((0, 50), (0, 60), (0, 70), (0, 80), (0, 90), seconds_before=1000.0)
    assert not traffic.is_one_way(1002.9)
    assert traffic.is_one_way(1003.5)
    paused = flowing((0, 50), (0, 50), (0, 60), seconds_before=1000.0)
    assert paused.is_one_way(1003.5)


@pytest.mark.parametrize("ends", ["rekey", "down"])
def test_other_sas_have_kept_nobody_waiting(ends: str) -> None:
    traffic = flowing((5, 5), (5, 6), (5, 7), (5, 8), (5, 9))
    assert traffic.is_one_way(4.5)
    traffic.note(up(child(200)) if ends == "rekey" else Seen("down"), 5.0)
    assert not traffic.is_one_way(9.0)
    assert traffic.has_carried is (ends == "rekey"), "a rekey does not undo that it carried"


@pytest.mark.parametrize(
    ("silence", "carried", "heard"), [(14.9, True, True), (15.0, False, True), (75.0, False, False)]
)
def test_how_long_an_answer_counts(silence: float, carried: bool, heard: bool) -> None:
    """For a session with heartbeats of 30 s, which is given up after 72, and for what must not be touched at all."""
    traffic = flowing((5, 5), seconds_before=100.0, session=False)
    assert (traffic.is_carried(100.0 + silence), traffic.is_heard(100.0 + silence)) == (carried, heard)


def test_a_tunnel_that_goes_one_way_is_neither_carried_nor_heard() -> None:
    traffic = flowing((5, 5), (5, 6), (5, 7), (5, 8), (5, 9), (5, 10))
    assert not traffic.is_carried(5.0)
    assert not traffic.is_heard(5.0)
    assert not Traffic().has_carried
    assert not Traffic().is_carried(0.0)


def test_what_came_before_a_repair_is_no_proof_of_it() -> None:
    traffic = flowing((5, 5), session=False)
    traffic.begin_again(1.0)
    assert (traffic.is_carried(1.0), traffic.is_heard(1.0), traffic.has_carried) == (False, False, False)
    renewed = flowing((5, 5), session=False)
    renewed.begin_again(1.0, carried=True)
    assert (renewed.is_carried(1.0), renewed.is_heard(1.0), renewed.has_carried) == (True, True, True)


def followed(*looks: list[Connection], remote: tuple[str, ...] = REMOTE, until: int = 6) -> Traffic:
    """The tunnel sends more with every look and hears nothing; the kernel tells of these connections."""
    traffic = Traffic(remote)
    for now in range(until):
        seen = looks[min(now, len(looks) - 1)]
        traffic.note(up(child(count_in=1, count_out=now)), float(now), connections=seen)
    return traffic


def test_one_hosts_silence_is_none_of_the_tunnels_while_another_one_answers() -> None:
    asking = [[line(DROPCOPY, n, 1, port=50002)] for n in range(1, 7)]
    assert followed(*asking).is_one_way(6.0)
    assert followed(*asking).is_of_one_host(6.0)
    beside = [[*one, line(ORDERS, 3, 3)] for one in asking]
    assert not followed(*beside).is_one_way(6.0)
    open_one = followed(*beside)
    open_one.note(up(child(count_in=1, count_out=5)), 500.0, connections=beside[-1])
    assert open_one.is_heard(500.0), "the session is open, and speaks for the tunnel"
    both = [[*one, line(ORDERS, n, 1)] for n, one in enumerate(asking, start=1)]
    assert followed(*both).is_one_way(6.0)
    assert not followed(*both).is_of_one_host(6.0), "a second one was asked"
    assert followed(*both).silent_hosts(6.0) == {ORDERS, DROPCOPY}


@pytest.mark.parametrize(("came", "went"), [(1, 1), (0, 0)])
def test_one_that_hears_anything_or_sends_nothing_is_not_one_way(came: int, went: int) -> None:
    """What came may be for something else than TCP; what goes to an unreached network leaves by no tunnel."""
    traffic = Traffic(REMOTE)
    for now in range(10):
        seen = up(child(count_in=came * now, count_out=went * now))
        traffic.note(seen, float(now), connections=[line(ORDERS, now + 1, 0)])
    assert traffic.silent_hosts(9.0) == {ORDERS}
    assert not traffic.is_one_way(9.0)


def test_it_is_in_use_while_a_session_is_open_or_may_be() -> None:
    """Where the kernel does not tell, whatever came through it may have been for one."""
    assert not flowing((5, 5), session=False).is_in_use(0.0), "our probe alone hears"
    at_rest = flowing((5, 5))
    assert at_rest.is_in_use(0.0)
    at_rest.note(up(child(count_in=5, count_out=5)), 500.0, connections=[line(ORDERS, 5, 5)])
    assert at_rest.is_in_use(500.0)
    assert not flowing(*((5, sent) for sent in range(5, 11))).is_in_use(5.0), "it is not answered"
    untold = Traffic(REMOTE)
    untold.note(up(child(count_in=5)), 0.0)
    assert untold.is_in_use(74.9)
    assert not untold.is_in_use(75.0)


def test_what_came_is_known_by_its_look() -> None:
    traffic = flowing((5, 5), seconds_before=100.0)
    assert traffic.has_received_since(99.9)
    assert not traffic.has_received_since(100.0)


def test_a_repair_forgets_which_hosts_were_silent() -> None:
    traffic = followed(*[[line(DROPCOPY, n, 1)] for n in range(1, 7)])
    assert traffic.silent_hosts(6.0) == {DROPCOPY}
    traffic.begin_again(6.0)
    assert traffic.silent_hosts(6.0) == frozenset()


def test_without_any_connection_what_goes_out_is_nobodys() -> None:
    """ICMP, or a connection that is gone: no host waits for an answer."""
    assert not followed([]).is_one_way(9.0)


def unanswered_since(traffic: Traffic, began: int) -> int | None:
    """The kernel tells of connections no more, and what goes out each second from then on is not answered: one-way from when."""
    for now in range(began, began + 200):
        traffic.note(up(child(count_in=1, count_out=now)), float(now))
        if traffic.is_one_way(float(now)):
            return now
    return None


def test_a_kernel_that_told_a_minute_ago_is_believed() -> None:
    """It told last at 9 s, of nobody's connection. What goes out counts from 69 s on, and for as long as a session may live."""
    traffic = followed([], until=10)
    assert unanswered_since(traffic, 10) == 68 + 75
    assert traffic.is_of_one_host(143.0), "nobody knows who was asked"


def test_where_the_kernel_never_told_a_session_that_was_heard_is_alive() -> None:
    assert unanswered_since(Traffic(REMOTE), 0) == 75


def test_a_session_that_was_open_when_the_kernel_told_last_is_not_ended() -> None:
    traffic = followed([line(ORDERS, 3, 3)], until=10)
    assert unanswered_since(traffic, 10) is None


@pytest.mark.parametrize("probing", [True, False])
def test_where_the_kernel_does_not_tell_what_goes_beside_a_probe_may_be_the_probes(probing: bool) -> None:
    traffic = Traffic()
    for now in range(80):
        traffic.note(up(child(count_in=1, count_out=now)), float(now), probing=probing)
    assert traffic.is_one_way(80.0) is not probing


def test_our_own_connects_are_no_traffic() -> None:
    """Nor were they, if the kernel then tells no more."""
    traffic = Traffic(REMOTE)
    for now in range(600):
        mine = line(ORDERS, now + 1, 1, source=OWN, port=41000)
        told_of = [mine] if now < 300 else None
        seen = up(child(count_in=1, count_out=now))
        traffic.note(seen, float(now), connections=told_of, own=frozenset({mine.key}), probing=True)
        assert not traffic.is_one_way(float(now)), now
