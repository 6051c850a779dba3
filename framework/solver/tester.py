"""Test the nets of a solver file in the midst of its training."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from framework.definition.prototxt import Document
from framework.errors import WeightsError
from framework.logs.log import Log
from framework.net.net import Net
from framework.proto import SolverParameter
from framework.solver.best import Monitor
from framework.solver.late_data import Interrupted
from framework.solver.silent_settings import tests_beyond_data
from framework.solver.testing import Scores, check_evaluation, score
from framework.solver.weight_average import WeightAverage
from framework.system.wording import counted
from framework.weights.weights import save_weights


class Tester:
    """Tests the test nets of a run, and writes the best weights where the solver file says so.

    nets        share their blobs with `trained`
    average     replaces the weights while a net is tested
    best_path   of the best weights
    batches     that each net has read so far
    is_testing  a test is under way
    """

    def __init__(self, document: Document, trained: Net, nets: list[Net],
                 average: WeightAverage | None, best_path: str, log: Log):
        self.document = document
        self.param: SolverParameter = document.message
        self.trained = trained
        self.nets = nets
        self.average = average
        self.best_path = best_path
        self.log = log
        self.monitor = Monitor(document, nets)
        self.batches = [0] * len(nets)
        self.is_testing = False
        for index, net in enumerate(nets):
            check_evaluation(document, net, index)
        for text in tests_beyond_data(document, nets):
            log.warning(text)

    def test(self, index: int, iteration: int, go_on: Callable[[str], bool]) -> Scores | None:
        """Test net `index` over its `test_iter` batches; None if an action stopped it.

        go_on  asked between batches, with what is done; False stops the test
        """
        param = self.param
        net = self.nets[index]
        batches = param.test_iter[index]
        self.log.info(f"Iteration {iteration}, Testing net (#{index})")
        self.is_testing = True
        with self.log.progress(batches, "test"), self.averaged():
            try:
                scores = score(net, batches, param.ap_version,
                               lambda done: go_on(f"testing {done}/{batches}"))
            except Interrupted:
                net.seek(self.batches[index] + batches)
                scores = None
        self.is_testing = False
        self.batches[index] += batches
        if scores is not None:
            with_loss = param.test_compute_loss and bool(net.loss_weights)
            scores.log(self.log, with_loss, param.show_per_class_result)
            self.log.values(iteration, scores.values(f"test{index}"))
            if index == 0 and param.monitor:
                self._judge(iteration, scores)
        return scores

    def averaged(self) -> contextlib.AbstractContextManager[None]:
        """In which the mean of the weights, if there is one, replaces them."""
        return self.average.in_place() if self.average else contextlib.nullcontext()

    def _judge(self, iteration: int, scores: Scores) -> None:
        """Keep the weights of a best test; log that the training ends after the last bad one."""
        monitor = self.monitor
        if monitor.note(iteration, scores):
            if self.param.keep_best:
                self._save_best()
        elif monitor.is_over:
            best = monitor.best
            self.log.info(f"{self.param.monitor} was best at iteration {best.iter}; "
                          f"{counted(best.tests, 'test')} since then brought nothing better "
                          "(patience): the training ends")

    def _save_best(self) -> None:
        """A disk that does not take the file must not end the run."""
        try:
            with self.averaged():
                save_weights(self.trained, self.best_path)
        except WeightsError as error:
            self.log.warning(f"{error}; the run goes on without the best weights")
        else:
            self.log.info(f"Best weights so far are in {self.best_path}")
