"""New weights while requests come."""

import asyncio
import io
import itertools
import time

import numpy as np
import pytest

from framework.errors import CaffeError
from framework.logs.log import Log
from framework.net.net import Net
from framework.serve.files import Files, in_folder
from framework.serve.settings import Settings
from framework.solver.solverstate import State, write_state
from framework.weights.weights import save_weights
from tests.quadrants import write_net
from tests.serve.serving import LINEAR, WEIGHT, run, small_net, write_weights

PATH = "/v2/models/linear/infer"
INPUTS = {"inputs": [{"name": "a", "shape": [1, 2], "datatype": "FP32", "data": [1, 2]},
                     {"name": "b", "shape": [1, 3], "datatype": "FP32", "data": [0, 0, 0]}]}
OFTEN = Settings(poll=0.05, window=0)


async def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it never came"
        await asyncio.sleep(0.02)


def test_replaced_weights_are_used_without_a_lost_request(tmp_path):
    files = small_net(tmp_path, LINEAR, WEIGHT)

    async def scenario(server):
        answers = [[], [], []]      # of each client: among clients, answers may overtake
        ended = asyncio.Event()

        async def client(own):
            while not ended.is_set():
                own.append(await server.client.post(PATH, json=INPUTS))

        def number():
            return sum(map(len, answers))

        clients = [asyncio.create_task(client(own)) for own in answers]
        await wait_for(lambda: number() > 5)
        await asyncio.to_thread(write_weights, tmp_path, 10 * WEIGHT)
        await wait_for(lambda: server.models["linear"].current.version == 2)
        count = number()
        await wait_for(lambda: number() > count + 10)
        ended.set()
        await asyncio.gather(*clients)
        old = await server.client.post("/v2/models/linear/versions/1/infer", json=INPUTS)
        return answers, old, (await server.client.get("/health")).json()

    answers, old, health = run({"linear": files}, scenario, OFTEN)
    assert {answer.status_code for own in answers for answer in own} == {200}
    values = [[(answer.json()["model_version"], *answer.json()["outputs"][0]["data"])
               for answer in own] for own in answers]
    assert set(itertools.chain(*values)) == {("1", 5, 11, 17), ("2", 50, 110, 170)}
    assert [sorted(own) for own in values] == values
    assert old.status_code == 404
    assert health["status"] == "ok" and health["models"][0]["version"] == "2"


def damaged(folder):
    path = folder / "net.caffemodel"
    path.write_bytes(path.read_bytes()[:50])


def not_a_number(folder):
    write_weights(folder, np.full((3, 2), np.nan))


def overflowing(folder):
    write_weights(folder, np.full((3, 2), 3e38))


def of_another_net(folder):
    (folder / "other.prototxt").write_text(LINEAR.replace('"ip"', '"other"'))
    save_weights(Net(folder / "other.prototxt"), folder / "net.caffemodel")


def gone(folder):
    (folder / "net.caffemodel").unlink()


def other_shapes(folder):
    path = folder / "net.prototxt"
    path.write_text(path.read_text().replace("dim: [1, 2]", "dim: [1, 4]"))
    write_weights(folder, np.ones((3, 4)))


@pytest.mark.parametrize("change, text", [
    (damaged, "net.caffemodel"), (not_a_number, "layer 'ip' has values that are not finite"),
    (overflowing, "values in 'sum' that are not finite"),
    (of_another_net, "no layer has a name of the net's"), (gone, "net.caffemodel"),
    (other_shapes, "has other inputs than the net in use")])
def test_bad_weights_leave_the_old_in_use_and_are_named(tmp_path, change, text):
    files = small_net(tmp_path, LINEAR, WEIGHT)
    stream = io.StringIO()

    async def scenario(server):
        await asyncio.to_thread(change, tmp_path)
        await wait_for(lambda: server.models["linear"].problem)
        answer = await server.client.post(PATH, json=INPUTS)
        health = (await server.client.get("/health")).json()
        return answer, health, server.metrics.text()

    answer, health, metrics = run({"linear": files}, scenario, OFTEN, Log(stream))
    assert answer.json()["outputs"][0]["data"] == [5, 11, 17]
    assert health["status"] == "degraded" and health["models"][0]["version"] == "1"
    assert health["models"][0]["problem"] == "newer weights were refused; the log says why"
    assert 'caffe_serve_updates_total{model="linear",result="refused"} 1' in metrics
    assert 'caffe_serve_model_problem{model="linear"} 1' in metrics
    assert text in stream.getvalue() and "linear: version 1 stays in use" in stream.getvalue()
    assert str(tmp_path) not in str(health)


def test_good_weights_after_bad_ones_are_used(tmp_path):
    files = small_net(tmp_path, LINEAR, WEIGHT)

    async def scenario(server):
        model = server.models["linear"]
        await asyncio.to_thread(damaged, tmp_path)
        await wait_for(lambda: model.problem)
        await asyncio.to_thread(write_weights, tmp_path, 2 * WEIGHT)
        await wait_for(lambda: model.current.version == 2)
        return model.problem, await server.client.post(PATH, json=INPUTS)

    problem, answer = run({"linear": files}, scenario, OFTEN)
    assert problem == "" and answer.json()["outputs"][0]["data"] == [10, 22, 34]


def snapshot(folder, iteration):
    """What training writes; the weights of its only layer are those of the iteration."""
    write_weights(folder, iteration * WEIGHT)
    (folder / "snapshots").mkdir(exist_ok=True)
    weights = folder / f"snapshots/net_iter_{iteration}.caffemodel"
    (folder / "net.caffemodel").rename(weights)
    write_state(folder / f"snapshots/net_iter_{iteration}.solverstate",
                State(iteration, f"snapshots/{weights.name}", []))


def folder_of_snapshots(folder):
    """A folder as `caffe new` makes one, with the snapshot of iteration 2."""
    (folder / "net.prototxt").write_text(LINEAR)
    (folder / "deploy.prototxt").write_text(LINEAR)
    (folder / "solver.prototxt").write_text(
        'net: "net.prototxt" snapshot_prefix: "snapshots/net" base_lr: 1 lr_policy: "fixed"')
    snapshot(folder, 2)
    return in_folder(folder)


def lone_snapshot(folder, iteration):
    """Weights as if they were copied from another machine."""
    snapshot(folder, iteration)
    (folder / f"snapshots/net_iter_{iteration}.solverstate").unlink()


def test_a_folder_is_served_with_its_newest_snapshot_and_later_with_newer_ones(tmp_path):
    files = folder_of_snapshots(tmp_path)

    async def scenario(server):
        first = await server.client.post(PATH, json=INPUTS)
        await asyncio.to_thread(snapshot, tmp_path, 3)
        await wait_for(lambda: server.models["linear"].current.version == 2)
        (tmp_path / "snapshots/net_iter_4.solverstate").write_bytes(b"\xff")
        await wait_for(lambda: server.models["linear"].problem)
        health = (await server.client.get("/health")).json()
        return first, await server.client.post(PATH, json=INPUTS), health

    first, last, health = run({"linear": files}, scenario, OFTEN)
    assert first.json()["outputs"][0]["data"] == [10, 22, 34]
    assert last.json()["outputs"][0]["data"] == [15, 33, 51]
    assert health["models"][0]["weights"] == "net_iter_3.caffemodel"


def test_a_folder_without_snapshots_is_refused(tmp_path):
    files = folder_of_snapshots(tmp_path)
    for path in (tmp_path / "snapshots").iterdir():
        path.unlink()
    with pytest.raises(CaffeError, match="has no trained weights yet; `caffe train"):
        files.newest()


def test_weights_copied_into_a_folder_without_their_state_are_served(tmp_path):
    files = folder_of_snapshots(tmp_path)

    async def scenario(server):
        await asyncio.to_thread(lone_snapshot, tmp_path, 3)
        await wait_for(lambda: server.models["linear"].current.version == 2)
        return await server.client.post(PATH, json=INPUTS)

    assert run({"linear": files}, scenario, OFTEN).json()["outputs"][0]["data"] == [15, 33, 51]


def test_the_version_counts_only_weights_that_were_swapped(tmp_path):
    files = folder_of_snapshots(tmp_path)
    bad = tmp_path / "snapshots/net_iter_9.caffemodel"

    async def scenario(server):
        model = server.models["linear"]
        bad.write_bytes(b"no weights")
        await wait_for(lambda: model.problem)
        bad.unlink()
        await wait_for(lambda: not model.problem)
        return model.current.version, server.metrics.text()

    version, metrics = run({"linear": files}, scenario, OFTEN)
    assert version == 1
    assert 'result="taken"' not in metrics and 'result="refused"} 1' in metrics


def lone_damaged(folder):
    lone_snapshot(folder, 9)
    path = folder / "snapshots/net_iter_9.caffemodel"
    path.write_bytes(path.read_bytes()[:50])


def lone_of_another_net(folder):
    of_another_net(folder)
    (folder / "net.caffemodel").rename(folder / "snapshots/net_iter_9.caffemodel")


def lone_not_a_number(folder):
    not_a_number(folder)
    (folder / "net.caffemodel").rename(folder / "snapshots/net_iter_9.caffemodel")


def misnamed(folder):
    write_weights(folder, 3 * WEIGHT)
    (folder / "net.caffemodel").rename(folder / "snapshots/better.caffemodel")


@pytest.mark.parametrize("change, text", [
    (lone_damaged, "in use: {}/snapshots/net_iter_9.caffemodel: is not a caffemodel, or is dam"),
    (lone_of_another_net, "no layer has a name of the net's"),
    (lone_not_a_number, "layer 'ip' has values that are not finite"),
    (misnamed, "better.caffemodel: not used, for a snapshot is named net_iter_NUMBER.caffemodel")])
def test_a_bad_file_among_snapshots_leaves_the_old_in_use_and_is_named(tmp_path, change, text):
    files = folder_of_snapshots(tmp_path)
    stream = io.StringIO()

    async def scenario(server):
        await asyncio.to_thread(change, tmp_path)
        await wait_for(lambda: server.models["linear"].problem)
        answer = await server.client.post(PATH, json=INPUTS)
        await asyncio.sleep(0.3)
        return answer, (await server.client.get("/health")).json()

    answer, health = run({"linear": files}, scenario, OFTEN, Log(stream))
    assert answer.json()["outputs"][0]["data"] == [10, 22, 34]
    assert health["status"] == "degraded" and health["models"][0]["version"] == "1"
    lines = [line for line in stream.getvalue().splitlines() if "version 1 stays in use" in line]
    assert len(lines) == 1 and text.format(tmp_path) in lines[0]


def test_a_server_that_starts_beside_a_damaged_snapshot_serves_the_one_before(tmp_path):
    files = folder_of_snapshots(tmp_path)
    snapshot(tmp_path, 3)
    (tmp_path / "snapshots/net_iter_3.caffemodel").write_bytes(b"")
    stream = io.StringIO()

    async def scenario(server):
        return (await server.client.post(PATH, json=INPUTS),
                (await server.client.get("/health")).json())

    answer, health = run({"linear": files}, scenario, OFTEN, Log(stream))
    assert answer.json()["outputs"][0]["data"] == [10, 22, 34]
    assert health["status"] == "degraded"
    assert "net_iter_3.solverstate is not usable" in stream.getvalue()


@pytest.mark.parametrize("change, text", [
    (lone_of_another_net, "net_iter_9.caffemodel: no layer has a name of the net's"),
    (lone_not_a_number, "net_iter_9.caffemodel: layer 'ip' has values that are not finite"),
    (misnamed, "better.caffemodel: not used, for a snapshot is named")])
def test_a_server_that_starts_beside_weights_that_do_not_fit_serves_the_newest_that_do(
        tmp_path, change, text):
    files = folder_of_snapshots(tmp_path)
    change(tmp_path)
    stream = io.StringIO()

    async def scenario(server):
        return (await server.client.post(PATH, json=INPUTS),
                (await server.client.get("/health")).json())

    answer, health = run({"linear": files}, scenario, OFTEN, Log(stream))
    assert answer.json()["outputs"][0]["data"] == [10, 22, 34]
    assert health["status"] == "degraded"
    assert text in stream.getvalue() and "; net_iter_2.caffemodel is used" in stream.getvalue()


def test_a_folder_without_weights_that_fit_is_refused(tmp_path):
    files = folder_of_snapshots(tmp_path)
    of_another_net(tmp_path)
    (tmp_path / "net.caffemodel").rename(tmp_path / "snapshots/net_iter_2.caffemodel")
    with pytest.raises(CaffeError, match="no layer has a name of the net's"):
        run({"linear": files}, None, OFTEN)


def test_a_folder_that_is_no_project_is_refused(tmp_path):
    with pytest.raises(CaffeError, match="it is not a folder that `caffe new` made; give the pro"):
        in_folder(tmp_path)


def test_a_detector_with_other_labels_is_refused(tmp_path):
    model, weights = write_net(tmp_path)
    names = tmp_path / "map"
    names.write_text('item { name: "bg" label: 0 } item { name: "cat" label: 1 }')

    async def scenario(server):
        names.write_text('item { name: "bg" label: 0 } item { name: "dog" label: 1 }')
        await wait_for(lambda: server.models["quads"].problem)
        return server.models["quads"].problem

    problem = run({"quads": Files(str(model), str(weights), str(names))}, scenario, OFTEN)
    assert "has other labels than the net in use" in problem
