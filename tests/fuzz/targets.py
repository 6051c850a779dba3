"""All that is fuzzed, by name."""

from tests.fuzz.bottoms import Bottoms, Samples
from tests.fuzz.files import Pages, Records, States, Weights
from tests.fuzz.folders import Folders
from tests.fuzz.harness import Target
from tests.fuzz.labels import Labels
from tests.fuzz.models import OnnxModels
from tests.fuzz.programs import Programs
from tests.fuzz.requests import Requests
from tests.fuzz.sources import Sources
from tests.fuzz.texts import Fields, PrototxtBytes, PrototxtWords

TARGETS: dict[str, type[Target]] = {
    target.name: target for target in (PrototxtBytes, PrototxtWords, Fields, Bottoms,
                                       Samples, Weights, States, Records, Pages, Labels,
                                       Folders, Sources, OnnxModels, Programs, Requests)}
