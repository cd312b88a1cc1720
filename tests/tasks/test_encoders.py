import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, Sequence, Tuple
from hypothesis import given
from hypothesis import strategies as st

from thalia_dask.errors import ConfigError
from thalia_dask.tasks.encoders import CELLS_PER_DIMENSION, encoder_for

UNBOUNDED = Box(-np.inf, np.inf, (1,))

SPACES = [
    Box(0.0, 1.0, (64,)),
    Box(0, 255, (4, 5, 3), np.uint8),
    Box(-2.0, 6.0, (3,)),
    UNBOUNDED,
    Box(np.float32([-1.0, -np.inf]), np.float32([1.0, np.inf])),
    Box(-np.finfo(np.float32).max, np.finfo(np.float32).max, (2,)),
    Discrete(5),
    Discrete(5, start=-2),
    MultiBinary(4),
    Tuple((Discrete(3), Box(-1.0, 1.0, (2,)))),
    Dict({"a": Discrete(2), "b": Discrete(3)}),
]


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_intensities_fit_the_axons_and_lie_from_0_to_1(space):
    space.seed(1)
    encoder = encoder_for(space)
    for _ in range(20):
        intensities = encoder(space.sample())
        assert intensities.shape == (encoder.size,)
        assert intensities.dtype == np.float32
        assert intensities.min() >= 0.0
        assert intensities.max() <= 1.0


def test_numbers_from_0_to_1_pass_through():
    pixels = np.linspace(0, 1, 64, dtype=np.float32)
    assert np.array_equal(encoder_for(Box(0.0, 1.0, (64,)))(pixels), pixels)


def test_an_image_is_scaled_from_its_bounds():
    encoder = encoder_for(Box(0, 255, (2, 2), np.uint8))
    assert encoder(np.array([[0, 51], [102, 255]], np.uint8)) == pytest.approx([0, 0.2, 0.4, 1])


def test_a_discrete_observation_is_one_axon():
    assert encoder_for(Discrete(4))(2).tolist() == [0, 0, 1, 0]
    assert encoder_for(Discrete(3, start=-1))(np.int64(-1)).tolist() == [1, 0, 0]


def test_cells_respond_by_the_distance_from_their_preferred_value():
    response = encoder_for(Box(-3.0, 3.0, (1,)))(np.array([3.0], np.float32))
    assert response[-1] == pytest.approx(1.0)
    assert response[-2] == pytest.approx(np.exp(-0.5))
    assert np.all(np.diff(response) > 0)


@given(value=st.floats(-2.0, 2.0))
def test_the_population_tells_its_value(value):
    encoder = encoder_for(UNBOUNDED)
    response = encoder(np.array([value]))
    preferred = np.linspace(-1, 1, CELLS_PER_DIMENSION)
    best = preferred[response.argmax()]
    assert best == pytest.approx(np.tanh(value), abs=1 / (CELLS_PER_DIMENSION - 1) + 1e-6)
    assert 2 <= (response > 0.1).sum() <= 6


def test_a_value_out_of_bounds_counts_as_the_bound():
    encoder = encoder_for(Box(-3.0, 3.0, (1,)))
    assert np.array_equal(encoder(np.array([99.0])), encoder(np.array([3.0])))


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.float32])
def test_without_a_lower_bound_values_differ(dtype):
    encoder = encoder_for(Box(-np.inf, 5, (1,), dtype))
    shown = [encoder(np.array([value], dtype)) for value in (-1, 0, 1)]
    assert not np.array_equal(shown[0], shown[1])
    assert not np.array_equal(shown[1], shown[2])


def test_cartpole_has_a_population_for_each_of_its_four_numbers():
    environment = gymnasium.make("CartPole-v1")
    encoder = encoder_for(environment.observation_space)
    assert encoder.size == 4 * CELLS_PER_DIMENSION
    observation, _ = environment.reset(seed=1)
    per_dimension = encoder(observation).reshape(4, CELLS_PER_DIMENSION)
    assert np.all(per_dimension.max(axis=1) > 0.8)


def test_an_observation_without_a_fixed_length():
    with pytest.raises(ConfigError) as caught:
        encoder_for(Sequence(Discrete(2)))
    assert str(caught.value) == (
        "observations of type Sequence cannot be shown to a brain, because their length is not fixed; "
        "write an environment that shows a Box, a Discrete space, or a Tuple or Dict of these"
    )
