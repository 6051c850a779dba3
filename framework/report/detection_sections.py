"""The sections of a report about a detector's results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from framework.evaluation.average_precision import precision_recall
from framework.evaluation.columns import Doubles, Flags
from framework.evaluation.error_kinds import KINDS, MISSED, confusion, count_errors
from framework.evaluation.judged import NOT_COUNTED, TRUE, Judged, judge
from framework.evaluation.thresholds import (
    SIZES,
    BestThreshold,
    Calibration,
    best_threshold,
    calibration,
    precision_by_size,
)
from framework.report import figures
from framework.report.confusion_section import confusion_section
from framework.report.detection_run import DetectionRun
from framework.report.page import Chart, Section, Table
from framework.report.photos import photo_chart


@dataclass(frozen=True)
class ClassResult:
    """What is known of a class; scores and true (D,) of the detections that count."""

    scores: Doubles
    true: Flags
    positives: int
    precision: float
    best: BestThreshold
    calibration: Calibration


@dataclass(frozen=True)
class Names:
    """Names of the classes, by number from 0: in full for texts, and as charts can write them."""

    full: list[str]
    shown: list[str]


def detection_sections(run: DetectionRun, names: Names, version: str) -> list[Section]:
    """All sections about the results; `version` of average precision."""
    judged = judge(run.truth, run.found)
    results = [_result(judged, number, version) for number in range(len(run.labels))]
    thresholds = np.array([result.best.threshold for result in results])
    return [_classes(run, results, names, version), _curves(results, names),
            _calibration(results, names), _confusion(judged, thresholds, names),
            _errors(judged, thresholds, version), _sizes(judged, len(results), version),
            _worst(run, names, thresholds)]


def _result(judged: Judged, number: int, version: str) -> ClassResult:
    own = (judged.found.classes == number) & (judged.status != NOT_COUNTED)
    scores = judged.found.scores[own]
    true = judged.status[own] == TRUE
    positives = judged.positives(number)
    return ClassResult(scores, true, positives, judged.precision_of_class(number, version),
                       best_threshold(scores, true, positives), calibration(scores, true))


def _classes(run: DetectionRun, results: list[ClassResult], names: Names, version: str) -> Section:
    scored = next(iter(run.scores.per_class.values()))
    precisions = [scored.get(label, 0.0) for label in run.labels]
    rows = [[f"{label} {name}", str(result.positives), f"{precision:.3f}",
             *_threshold_cells(result.best), _number(result.calibration.error)]
            for label, name, result, precision in zip(run.labels, names.full, results, precisions,
                                                      strict=True)]
    chart = figures.bars("Average precision", f"AP ({version})",
                         dict(zip(_unique(names.shown), precisions, strict=True)), "{:.3f}",
                         share=True)
    table = Table("Classes", ["label and class", "boxes", "AP", "best threshold", "F1 there",
                              "precision", "recall", "calibration error"], rows)
    return Section("Classes", [
        f"Average precision by the rule {version}, an overlap of 0.5 or more being right. The best "
        "threshold of a class is the score from which on its detections have the highest F1, "
        "2 x right / (detections + boxes). The calibration error is the mean difference of a "
        "detection's score and the share of right ones with such scores."],
        [Chart("classes", chart, "Bars of the average precision of each class; the numbers are in "
               "the table of classes")], [table])


def _threshold_cells(best: BestThreshold) -> list[str]:
    if not best.f1:
        return ["none", "0", "-", "-"]
    return [f"{best.threshold:.2f}", f"{best.f1:.3f}", f"{best.precision:.3f}",
            f"{best.recall:.3f}"]


def _number(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else "-"


def _unique(names: list[str]) -> list[str]:
    """The names, those that come again with a number: they are keys of lines and bars."""
    return [name if name not in names[:index] else f"{name} ({index + 1})"
            for index, name in enumerate(names)]


def _curves(results: list[ClassResult], names: Names) -> Section:
    section = Section("Precision and recall", [
        "Precision is the share of right ones among the detections from a score on, recall the "
        "share of boxes that they find. A dot is the best threshold."])
    by_name = dict(zip(_unique(names.shown), results, strict=True))
    for index, group in enumerate(figures.in_groups(list(by_name))):
        lines = {}
        dots = []
        for name in group:
            result = by_name[name]
            precision, recall = precision_recall(result.scores, result.true,
                                                 max(result.positives, 1))
            lines[name] = (recall, precision)
            dots.append((result.best.recall, result.best.precision))
        ends = ", ".join(f"{name} AP {by_name[name].precision:.3f}" for name in group)
        section.charts.append(Chart(
            f"precision_recall_{index + 1}",
            figures.curves("Precision over recall", "recall", "precision", lines, True,
                           dots=dots), f"Precision over recall: {ends}"))
    return section


def _calibration(results: list[ClassResult], names: Names) -> Section:
    scores = np.concatenate([result.scores for result in results])
    true = np.concatenate([result.true for result in results])
    whole = calibration(scores, true)
    section = Section("Calibration", [
        f"Of {len(scores)} detections, in ten steps of the score: how many of them are right. On "
        "the grey line a score is the chance to be right; above it the net is too modest, below it "
        f"too sure. The mean difference over all classes is {_number(whole.error)}."])
    everything = {"all classes": whole}
    section.charts.append(Chart("calibration", figures.reliability("All classes", everything),
                                "Share of right detections over their scores, all classes"))
    section.tables.append(Table("Calibration of all classes", ["scores", "detections",
                                                               "mean score", "right"], [
        [f"{index / 10:.1f} to {(index + 1) / 10:.1f}", str(count), _number(mean), _number(share)]
        for index, (count, mean, share) in enumerate(zip(whole.counts, whole.scores, whole.shares,
                                                         strict=True))]))
    by_name = dict(zip(_unique(names.shown), results, strict=True))
    for index, group in enumerate(figures.in_groups(list(by_name))):
        lines = {name: by_name[name].calibration for name in group}
        errors = ", ".join(f"{name} {_number(found.error)}" for name, found in lines.items())
        section.charts.append(Chart(f"calibration_classes_{index + 1}",
                                    figures.reliability("By class", lines),
                                    f"The same by class; calibration errors: {errors}"))
    return section


def _confusion(judged: Judged, thresholds: Doubles, names: Names) -> Section:
    return confusion_section(
        confusion(judged, thresholds), len(thresholds), [*names.full, "background"],
        [*names.shown, "background"],
        "Each marked box by its class and by the class that it was found as, from each class's "
        "best threshold on. Background as found: nothing found the box; background as marked: a "
        "detection whose box another one has, or that is on no box.")


def _errors(judged: Judged, thresholds: Doubles, version: str) -> Section:
    errors = count_errors(judged, thresholds, version)
    texts = {name: text.format(threshold=judged.threshold) for name, text in KINDS.values()}
    texts[MISSED[0]] = MISSED[1]
    rows = [[name, text, str(errors.counts[name]), f"{errors.gains[name]:+.3f}"]
            for name, text in texts.items()]
    counts = {name: float(count) for name, count in errors.counts.items()}
    return Section("Errors by kind", [
        "Kinds as in TIDE (Bolya and others, 2020). Counted are detections from each class's best "
        "threshold on. The gain is what the mean average precision would rise by if all errors of "
        "that kind alone were mended, those of low scores too. A duplicate is never counted as an "
        "error of class."],
        [Chart("errors", figures.bars("Errors by kind", "number", counts),
               "Bars of the errors by kind; the numbers are in the table of errors"),
         Chart("gains", figures.bars("What mending a kind would gain", "mAP", errors.gains,
                                     "{:+.3f}"),
               "Bars of the gain in mAP by kind; the numbers are in the table of errors")],
        [Table("Errors by kind", ["kind", "what it is", "number", "gain in mAP"], rows, 2)])


def _sizes(judged: Judged, num_classes: int, version: str) -> Section:
    found = precision_by_size(judged, judged.truth.areas, judged.found.boxes[:, 2:].prod(1),
                              num_classes, version)
    ranges = {name: f"{100 * low:g} to {100 * min(high, 1):g} %" for name, (low, high)
              in SIZES.items()}
    values = {f"{name} ({count} boxes)": value for name, (value, count) in found.items() if count}
    return Section("By size of the boxes", [
        "Sizes are shares of the image's area: small below 1 %, medium below 10 %, large the rest. "
        "Boxes of the other sizes neither count nor spoil a detection."],
        [Chart("sizes", figures.bars("mAP by size of the boxes", "mAP", values, "{:.3f}",
                                     share=True),
               "Bars of mAP by size; the numbers are in the table of sizes")],
        [Table("mAP by size", ["size", "share of the image", "boxes", "mAP"],
               [[name, ranges[name], str(count), _number(value)]
                for name, (value, count) in found.items()])])


def _worst(run: DetectionRun, names: Names, thresholds: Doubles) -> Section:
    shown: Mapping[int, str] = dict(enumerate(names.shown))
    section = Section("The worst images", [
        f"The {len(run.worst)} images with the largest sum of the scores of false detections, and "
        "of 1 - score for each box that was found, or 1 if it was not. Dashed yellow: marked, the "
        "name below the box; green: right; red: wrong. Drawn are detections from their class's "
        "best threshold on."], are_photos=True)
    for index, photo in enumerate(run.worst):
        drawn = photo.found[photo.found[:, 5] >= thresholds[photo.found[:, 0].astype(int)]]
        wrong = int((drawn[:, 6] != 0).sum())
        words = (f"Image {photo.number + 1} of the test data: {len(photo.marked)} marked, "
                 f"{len(drawn) - wrong} right, {wrong} wrong; sum {photo.badness:.2f}")
        section.charts.append(photo_chart(f"worst_{index + 1:02d}", photo, shown, thresholds,
                                          words))
    return section
