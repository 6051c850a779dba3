"""`python -m framework`: the program `caffe`."""

import sys

from framework.cli.caffe import main

sys.exit(main())
