"""The chain alone: every field counts, and every break is told at once."""

from dataclasses import fields, replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.chain import Chain, Link, digest

TEXTS = st.text(max_size=5)
NUMBERS = st.integers(1, 9)
LINKS = st.builds(Link, NUMBERS, NUMBERS, NUMBERS, TEXTS, TEXTS, TEXTS, TEXTS)
VALUES = st.lists(st.none() | st.text(max_size=3) | st.integers(0, 9), max_size=4)


def chain_of(n: int) -> list[Link]:
    links, previous = [], "name"
    for seq in range(1, n + 1):
        links.append(Link(seq, 1, seq, f"id-{seq}", "epoch", digest("salt", seq), previous))
        previous = links[-1].hash
    return links


@given(LINKS, LINKS)
def test_links_have_the_same_hash_only_if_they_are_the_same(one, other):
    assert (one.hash == other.hash) == (one == other)


@given(VALUES, VALUES)
def test_values_cannot_be_cut_differently_and_give_the_same_digest(one, other):
    assert (digest("salt", *one) == digest("salt", *other)) == (one == other)
    assert digest("salt", *one) != digest("another salt", *one)


def test_the_hash_is_what_the_documentation_says():
    link = Link(2, 1, 2, "id", "epoch", digest("5a", 1.5, "night", None, '{"a":"é"}'), "00")
    said = rb'["5a",1.5,"night",null,"{\"a\":\"\u00e9\"}"]'
    assert link.digest == sha256(said).hexdigest()
    kept = f'[2,1,2,"id","epoch","{link.digest}","00"]'
    assert link.hash == sha256(kept.encode()).hexdigest()


def test_whole_chains_fit():
    chain = Chain("name")
    assert [chain.push(link, link.hash) for link in chain_of(5)] == [None] * 5
    assert chain.seq == 5


@pytest.mark.parametrize("name", [field.name for field in fields(Link)])
@given(at=st.integers(0, 4), data=st.data())
def test_a_link_with_any_other_field_does_not_fit(name, at, data):
    links = chain_of(5)
    value = getattr(links[at], name)
    other = data.draw((NUMBERS if isinstance(value, int) else TEXTS).filter(lambda v: v != value))
    told = [link.hash for link in links]
    links[at] = replace(links[at], **{name: other})
    chain = Chain("name")
    found = [chain.push(link, noted) for link, noted in zip(links, told, strict=True)]
    assert found[:at] == [None] * at
    assert found[at] is not None
    assert (chain.seq, chain.head) == (at, told[at - 1] if at else "name")


def test_a_link_left_out_or_told_twice_is_named():
    first, second, third = chain_of(3)
    chain = Chain("name")
    assert "number 2 follows number 0" in chain.push(second, second.hash)
    assert chain.push(first, first.hash) is None
    assert "number 3 follows number 1" in chain.push(third, third.hash)
    assert "number 1 follows number 1" in chain.push(first, first.hash)


def test_a_chain_with_all_hashes_computed_anew_fits():
    """What the chain cannot see: it is no signature, only a head noted elsewhere tells."""
    forged = chain_of(3)
    forged[0] = replace(forged[0], digest="forged")
    for i in (1, 2):
        forged[i] = replace(forged[i], previous=forged[i - 1].hash)
    chain = Chain("name")
    assert [chain.push(link, link.hash) for link in forged] == [None] * 3
    assert chain.head != chain_of(3)[-1].hash


def test_a_value_of_a_strange_type_is_no_text():
    assert digest("salt", b"x") != digest("salt", "x")
