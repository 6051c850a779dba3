"""All that is fuzzed, by name."""

from tests.fuzz.files import Pages, Records, States, Weights
from tests.fuzz.harness import Target
from tests.fuzz.labels import Labels
from tests.fuzz.models import OnnxModels
from tests.fuzz.programs import Programs
from tests.fuzz.requests import Requests
from tests.fuzz.texts import Fields, PrototxtBytes, PrototxtWords

TARGETS: dict[str, type[Target]] = {
    target.name: target for target in (PrototxtBytes, PrototxtWords, Fields, Weights, States,
                                       Records, Pages, Labels, OnnxModels, Programs, Requests)}
