"""The training loop of a solver file: iterate, test, display, snapshot.

Source: Solver in solver.cpp of weiliu89/caffe (branch ssd): the order of testing, display,
update and snapshot within an iteration, and what is logged when.
"""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import torch
from torch import Tensor

from framework.definition.prototxt import Document
from framework.errors import DataError
from framework.layers.base import DataOptions, Layer
from framework.layers.left_out import left_out_lines
from framework.logs.log import Log, number, output_lines
from framework.net.reading import read_solver
from framework.proto import SolverParameter
from framework.solver import debug_info, snapshots, solverstate
from framework.solver.arguments import CHECKED, CHECKED_STEP
from framework.solver.claim import Claim
from framework.solver.disconnected import Disconnected
from framework.solver.distributed import AGREE_EVERY, agreed
from framework.solver.divergence import LossWatch
from framework.solver.freezing import freeze_layers
from framework.solver.gradients import FLOAT32, Execution, Gradients
from framework.solver.late_data import Interrupted, weakly
from framework.solver.lr_policy import LearningRate, RateState
from framework.solver.nets import Machine, finetune, test_nets, train_net, weights_of
from framework.solver.optim import Optimizer
from framework.solver.run_file import RunState
from framework.solver.saving import Saver
from framework.solver.silent_settings import doubts, nothing_to_train
from framework.solver.solver_fields import check_fields, snapshot_prefix
from framework.solver.solverstate import State
from framework.solver.tester import Tester
from framework.solver.testing import Scores
from framework.solver.weight_average import WeightAverage


class Solver:
    """A training run: its nets, its optimizer and its current iteration.

    source    a solver file's path, or a Document of `read_solver`
    weights   files to start from, separated by commas
    snapshot  a solver state to go on from, or "auto": the newest usable one of the run that began
              last with the prefix, from the start if there is no state
    device    "cpu", "cuda:0", ...
    seed      of fillers, data and random layers; by default that of the snapshot's run, then
              random_seed, and 0 without it
    workers   processes that make batches
    rank, world_size  which of equal processes this is; gradients are averaged over them
    keep      how many snapshots of this run to keep on the disk; 0: all
    execution  precision, compilation, memory layout of training; tests run plainly in float32
    actions   asked after every iteration: "stop", "snapshot", "terminate" (both) or None
    log       of the original's lines, by default to stderr
    wait      sleeps some seconds until the disk may take the last snapshot; None: an error at once

    Raises SpecError, DataError or WeightsError for files that cannot be used. Training and
    `snapshot` raise LockedError while another training writes snapshots of the same prefix.
    """

    @CHECKED
    def __init__(self, source: str | Path | Document, *, weights: str | Path | None = None,
                 snapshot: str | Path | None = None, device: str | torch.device = "cpu",
                 seed: int | None = None, workers: int = 0, rank: int = 0, world_size: int = 1,
                 keep: int = 0, skip_mismatch: bool = False, ignore_unknown_fields: bool = False,
                 execution: Execution = FLOAT32, log: Log | None = None,
                 actions: Callable[[], str | None] = lambda: None,
                 wait: Callable[[float], object] | None = None):
        self.document = source if isinstance(source, Document) else \
            read_solver(source, ignore_unknown_fields)
        self.param: SolverParameter = self.document.message
        hints = check_fields(self.document)
        self.prefix = snapshot_prefix(self.document)
        self.is_hdf5 = snapshots.is_hdf5(self.param)
        if seed is None and snapshot is not None:
            seed = snapshots.seed_of(self.prefix, snapshot)
        self.seed = seed if seed is not None else max(0, self.param.random_seed)
        self.rank = rank
        self.world_size = world_size
        self.keep = keep
        self.actions = actions
        self.log = log or Log(enabled=rank == 0)
        self.claim = Claim(self.prefix, self.log)
        for hint in [*hints, *doubts(self.document)]:
            self.log.warning(hint)
        # max_iter: 0 evaluates only, and asks for no rate
        self.policy = LearningRate(self.document) if self.param.max_iter else None
        data = DataOptions(self.seed, workers, rank, world_size, weakly(self._wait_for_data))
        machine = Machine(torch.device(device), data, ignore_unknown_fields)
        self.net = train_net(self.document, machine)
        freeze_layers(self.document, self.net, self.log)
        # the first rank tests, on all records, while the others wait
        alone = replace(machine, data=replace(data, rank=0, world_size=1))
        self.test_nets = test_nets(self.document, self.net, alone) if rank == 0 else []
        self.followers = [step.layer for step in self.net.layers
                          if type(step.layer).note_progress is not Layer.note_progress]
        self.gradients = Gradients(self.net, self.seed, rank, world_size, execution)
        self.optimizer = Optimizer(self.document, self.net.learned)
        self.average = WeightAverage.of(self.document, self.net.learned)
        self.tester = Tester(self.document, self.net, self.test_nets, self.average,
                             solverstate.best_path(self.prefix, self.is_hdf5), self.log)
        self.saver = Saver(self.document, self.prefix,
                           snapshots.num_bytes(self.net, self._kept()), self.log, actions, wait)
        self.iter = 0
        self.saved_at = -1
        self.rates = RateState()
        self.losses: deque[Tensor] = deque(maxlen=self.param.average_loss)
        self.watch = LossWatch()
        self.resumed = False
        self.stopped = False
        self._start(weights, snapshot, skip_mismatch)

    def _start(self, weights: str | Path | None, snapshot: str | Path | None,
               skip_mismatch: bool) -> None:
        """Restore the snapshot, or load the weights to start from."""
        self.disconnected = Disconnected(self.net, self.log)
        if snapshot == "auto":
            if snapshots.restore_newest(self.claim, self.restore):
                return
        elif snapshot is not None:
            self.restore(snapshot)
            return
        for path in str(weights).split(",") if weights else weights_of(self.document):
            finetune(path.strip(), self.net, self.test_nets, skip_mismatch, self.log)
            self.disconnected.look()
        if self.average:
            self.average.begin_at_weights()

    @property
    def device(self) -> torch.device:
        """The device of the training net."""
        return self.net.device

    @property
    def smoothed_loss(self) -> float:
        """The mean of the last `average_loss` losses. Waits for the device."""
        return float(torch.stack(list(self.losses)).double().mean()) if self.losses else 0.0

    def __repr__(self) -> str:
        """File, type, net, iterations, device."""
        return (f"Solver {self.document.path}: {self.param.type}, net '{self.net.name}', "
                f"iteration {self.iter} of {self.param.max_iter}, {self.device}")

    def solve(self, resume_file: str | Path | None = None) -> None:
        """Train to max_iter, test and snapshot on the way, and log it all."""
        try:
            self._solve(resume_file)
        finally:
            self.claim.release()

    def _solve(self, resume_file: str | Path | None) -> None:
        self.log.info(f"Solving {self.net.name}")
        self.log.info(f"Learning Rate Policy: {self.param.lr_policy}")
        if resume_file is not None:
            self.restore(resume_file)
        param = self.param
        self.stopped = False
        if reason := nothing_to_train(self.document, self.iter, self.net):
            self.log.warning(reason)
        if self.iter < param.max_iter and (param.snapshot or param.snapshot_after_train):
            self.saver.check_writable()
            self._claim()
        with self.log.progress(param.max_iter - self.iter, "train"):
            self.step(max(0, param.max_iter - self.iter))
        if param.snapshot_after_train and self.saved_at != self.iter:
            self.saver.save_last(self.snapshot, self.iter)
        if self.stopped:
            self.log.info("Optimization stopped early.")
            return
        with contextlib.suppress(Interrupted):
            self._report_end()
        self.log.info("Optimization Done.")

    def _report_end(self) -> None:
        """The loss of the next batch and the scores, after the last iteration."""
        if self.param.display and self.iter % self.param.display == 0 and self.net.loss_weights:
            self.losses.append(self.gradients.loss(self.iter * self.param.iter_size))
            self.log.info(f"Iteration {self.iter}, loss = {number(self.smoothed_loss)}")
        if self.param.test_interval and self.iter % self.param.test_interval == 0:
            self.test_all()

    @CHECKED_STEP
    def step(self, count: int) -> None:
        """Do `count` iterations. The average of the loss begins anew, but after a restore."""
        param = self.param
        stop = self.iter + count
        if count > 0 and self.policy is None:
            self.policy = LearningRate(self.document)
        if count > 0 and param.snapshot:
            self._claim()
        if not self.resumed:
            self.losses.clear()
        self.resumed = False
        while self.iter < stop and not self.stopped:
            try:
                if param.test_interval and self.iter % param.test_interval == 0 and \
                        (self.iter > 0 or param.test_initialization):
                    self.test_all()
                    self._follow_request()
                    if self.stopped:
                        break
                self.iterate()
            except Interrupted:
                self.net.seek(self.iter * param.iter_size)
                break
            except DataError:
                if self.iter > 0 and self.saved_at != self.iter:
                    self.saver.save_before_error(self.snapshot, self.iter)
                raise
            self.log.advance(note="")
            self._follow_request()
            if param.snapshot and self.iter % param.snapshot == 0 and self.saved_at != self.iter:
                self.saver.save_and_go_on(self.snapshot, self.iter)
        self._check_losses(self.iter - 1)

    def _claim(self) -> None:
        """LockedError if another training writes snapshots of the same prefix now."""
        if self.rank == 0:
            self.claim.take(self.iter)

    def iterate(self) -> None:
        """One iteration: gradients, display, update. Waits for the device only to display."""
        param = self.param
        shown = bool(param.display) and self.iter % param.display == 0
        debug = self.log if param.debug_info and shown else None
        for layer in self.followers:
            layer.note_progress(self.iter, max(param.max_iter, self.iter))
        loss = self.gradients.compute(self.iter, param.iter_size, debug)
        self.losses.append(loss)
        if self.watch.add(loss, shown):
            self._check_losses(self.iter)
        if shown:
            self._show_loss()
        assert self.policy is not None
        rate = self.policy.logged(self.iter, self.rates, lambda: self.smoothed_loss, self.log)
        if shown:
            self.log.info(f"Iteration {self.iter}, lr = {number(rate)}")
            self.log.values(self.iter, {"lr": rate})
        before = [blob.parameter.detach().clone() for blob in self.net.learned] if debug else []
        if not self.gradients.apply(lambda: self.optimizer.update(rate, self.iter)):
            self.log.warning(f"Iteration {self.iter}: a gradient is too large for float16; no "
                             f"update, loss scale {number(self.gradients.scaler.get_scale())}")
        self.disconnected.apply()
        if debug:
            debug_info.log_update(self.net, self.log, before)
        if self.average:
            self.average.update(self.iter)
        self.iter += 1

    def _check_losses(self, iteration: int) -> None:
        """CaffeError if a loss up to that of `iteration` is bad."""
        with self.gradients.autocast():
            self.watch.look(self.net, iteration, self.param.iter_size)

    def _show_loss(self) -> None:
        loss = self.smoothed_loss
        self.log.info(f"Iteration {self.iter}, loss = {number(loss)}")
        values = [(name, value, self.net.loss_weights.get(name, 0.0)) for name in self.net.outputs
                  for value in self.net.blobs[name].detach().flatten().tolist()]
        for line in [*output_lines("Train", values), *left_out_lines(self.net)]:
            self.log.info(line)
        self.log.values(self.iter, {"train/smoothed_loss": loss, **{
            f"train/{name}": value for name, value, _ in values}})

    def test_all(self) -> list[Scores]:
        """Test every test net over its `test_iter` batches, and log the scores."""
        results = []
        for index in range(len(self.test_nets)):
            scores = self.test(index)
            if scores is None:
                self.log.info("Test interrupted.")
                break
            results.append(scores)
        return results

    def test(self, index: int) -> Scores | None:
        """Test the test net `index`; None if an action stopped it."""
        return self.tester.test(index, self.iter, self._continue_test)

    def _continue_test(self, note: str) -> bool:
        """Between two batches of a test: move the bar, follow a request; False ends the test."""
        self.log.advance(0, note)
        self._follow_request()
        return not self.stopped

    def _wait_for_data(self) -> None:
        """Follow a request while a batch is late. Ranks do not: they could not agree on it."""
        if self.world_size == 1:
            self._follow_request()
            if self.stopped:
                raise Interrupted

    def _request(self) -> str | None:
        return "stop" if self.tester.monitor.is_over else self.actions()    # which forgets it

    def _follow_request(self) -> None:
        """Follow a request from outside: save, end, or both. Ranks agree on it now and then."""
        if self.world_size == 1:
            action = self._request()
        elif self.iter % AGREE_EVERY == 0 and not self.tester.is_testing:
            action = agreed(self._request(), self.device)
        else:
            action = None
        if action == "snapshot" and self.saved_at != self.iter:
            self.saver.save_and_go_on(self.snapshot, self.iter)
        elif action == "terminate" and self.saved_at != self.iter:
            self.saver.save_last(self.snapshot, self.iter)
        self.stopped = self.stopped or action in ("stop", "terminate")

    def snapshot(self) -> str:
        """Write weights, run file and solver state; the path of the state.

        Raises CaffeError after a bad loss, which a run on a GPU may not have noticed yet.
        """
        self._check_losses(self.iter - 1)
        path = solverstate.state_path(self.prefix, self.iter, self.is_hdf5)
        if self.rank == 0:
            state = self.state()
            with self.tester.averaged():
                snapshots.save(path, state, self.net, self.param.snapshot_diff, self.claim,
                               self.keep)
        self.saved_at = self.iter
        return path

    def close(self) -> None:
        """Close the data layers (their files and processes), the lock and the log."""
        for net in [self.net, *self.test_nets]:
            net.close()
        self.claim.release()
        self.log.close()

    def restore(self, path: str | Path, iteration: int | None = None) -> None:
        """Go on from a solver state, with its weights and position in the data.

        iteration  what the state must be of, if that is known
        Raises WeightsError, and leaves the solver as it was, if it is not of this solver and net.
        """
        self.log.info(f"Restoring previous solver status from {path}")
        state = snapshots.load(path, self.net, self._kept(), self.optimizer, iteration)
        self.set_state(state)
        own = solverstate.state_path(self.prefix, self.iter, str(path).endswith(".h5"))
        self.saved_at = self.iter if os.path.abspath(path) == os.path.abspath(own) else -1
        self.claim.resume(path, self.iter, state.run)

    def state(self) -> State:
        """What a snapshot holds beside the weights. On a CPU its arrays are the optimizer's own."""
        # weights give way to their mean while files are written
        kept = [blob.clone() for blob in self._kept()] if self.average else self._kept()
        history = [blob.detach().cpu().contiguous().numpy() for blob in kept]
        run = RunState(self.iter, self.seed, self.param.iter_size, list(self.tester.batches),
                       [float(loss) for loss in self.losses], self._flags(),
                       self.gradients.scaler.state_dict(), best=self.tester.monitor.state())
        weights = solverstate.weights_path(self.prefix, self.iter, self.is_hdf5)
        return State(self.iter, weights, history, self.rates.current_step,
                     self.rates.minimum_loss, self.rates.iter_last_event, run)

    def set_state(self, state: State) -> None:
        """Take history, rates and position in the data; `snapshots.load` loads the weights."""
        self.disconnected.look()
        with torch.no_grad():
            if self.average:
                self.average.begin_at_weights()     # the file of weights held the mean
            for mine, read in zip(self._kept(), state.history, strict=True):
                mine.copy_(torch.from_numpy(read))
        self.iter = state.iter
        self.rates = RateState(state.current_step, state.minimum_loss, state.iter_last_event)
        self.losses.clear()
        run = state.run
        if run is not None:
            self.losses.extend(torch.tensor(loss, device=self.device) for loss in run.losses)
            self.resumed = True
            snapshots.warn_of_flags(self.log, {**run.flags, "seed": run.seed},
                                    {**self._flags(), "seed": self.seed})
            if run.loss_scale and self.gradients.scaler.is_enabled():
                self.gradients.scaler.load_state_dict(run.loss_scale)
            self.tester.monitor.set_state(run.best)
            if len(run.test_batches) == len(self.test_nets):
                self.tester.batches = list(run.test_batches)
        batches = run.batches if run is not None else self.param.iter_size
        self.net.seek(self.iter * batches)
        for net, position in zip(self.test_nets, self.tester.batches, strict=True):
            net.seek(position)

    def _kept(self) -> list[Tensor]:
        """What the history of a solver state holds: the weights too where their mean is written."""
        return self.optimizer.history + (self.average.weights if self.average else [])

    def _flags(self) -> dict[str, object]:
        """What decides which numbers a run gives, and the type of its history."""
        return {**asdict(self.gradients.execution), "world_size": self.world_size,
                "type": self.param.type}
