"""A net as one HTML page, and as SVG and PNG: facts, groups, layout, drawing."""
