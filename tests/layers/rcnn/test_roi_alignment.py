"""ROIAlignment and ROIAlign's second param against loops over their definitions."""

import numpy as np

from tests.community_examples.rcnn import ROIS
from tests.slow_samples import between
from tests.support import make, noise


def test_a_bin_is_read_at_the_center_of_what_the_map_has_of_it():
    x = noise(2, 3, 8, 9)
    top = make("ROIAlignment", "roi_alignment_param { pooled_h: 3 pooled_w: 2 spatial_scale: 0.125 "
               "}", (2, 3, 8, 9), (4, 5))(x, ROIS).detach().numpy()
    for r, (item, x1, y1, x2, y2) in enumerate(ROIS.tolist()):
        x1, y1, x2, y2 = (side / 8 for side in (x1, y1, x2, y2))
        wide, high = max(x2 - x1 + 1, 1) / 2, max(y2 - y1 + 1, 1) / 3
        for c, i, j in np.ndindex(3, 3, 2):
            rows = [min(max(y1 + (i + more) * high, 0), 7) for more in (0, 1)]
            columns = [min(max(x1 + (j + more) * wide, 0), 8) for more in (0, 1)]
            expected = between(x.detach().numpy()[int(item), c], sum(rows) / 2, sum(columns) / 2)
            np.testing.assert_allclose(top[r, c, i, j], expected, rtol=1e-9, atol=1e-12)


def test_the_sampling_ratio_of_roi_align_param_is_mask_r_cnns():
    x = noise(2, 3, 8, 9)
    size = "pooled_h: 3 pooled_w: 2 spatial_scale: 0.125 sampling_ratio: 2"
    shapes = (2, 3, 8, 9), (4, 5)
    top = make("ROIAlign", f"roi_align_param {{ {size} }}", *shapes)(x, ROIS).detach().numpy()
    for r, (item, x1, y1, x2, y2) in enumerate(ROIS.tolist()):
        x1, y1, x2, y2 = (side / 8 for side in (x1, y1, x2, y2))
        wide, high = max(x2 - x1, 1) / 2, max(y2 - y1, 1) / 3
        for c, i, j in np.ndindex(3, 3, 2):
            points = [(y1 + (i + a) * high, x1 + (j + b) * wide)
                      for a in (0.25, 0.75) for b in (0.25, 0.75)]
            expected = np.mean([between(x.detach().numpy()[int(item), c], min(row, 7),
                                        min(column, 8)) for row, column in points])
            np.testing.assert_allclose(top[r, c, i, j], expected, rtol=1e-9, atol=1e-12)
