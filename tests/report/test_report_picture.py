"""The picture, as an image library reads it."""

import base64
import io

import numpy as np
from matplotlib import colormaps
from matplotlib.image import imread

from service.report.picture import picture


def test_each_number_is_a_pixel_of_its_colour_with_the_first_row_at_the_bottom():
    levels = np.array([[0.0, 10.0, np.nan], [5.0, -99.0, 99.0]])
    seen = imread(io.BytesIO(base64.b64decode(picture(levels, 0, 10))))
    assert seen.shape == (2, 3, 4)
    expected = colormaps["viridis"](np.clip(levels[::-1], 0, 10) / 10)
    known = ~np.isnan(levels[::-1])
    assert np.abs(seen - expected)[known].max() < 0.03
    assert seen[1, 2, 3] == 0
    assert (seen[..., 3][known] == 1).all()
