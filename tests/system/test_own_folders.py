"""Nothing is removed or replaced that these programs did not make."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from framework.cli import convert_annoset, convert_dataset, export_dataset, make_shapes
from framework.data.datasets.label_files import Box
from framework.errors import DataError
from framework.system import own_folders
from framework.system.atomic import new_folder, resumed_folder, write_file
from tests.data.images import make_voc
from tests.data.making import good_records, write_database

FOLDERS = [new_folder, resumed_folder]


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
            for path in folder.rglob("*")}


def fill(path, make=new_folder, text="new", **options):
    with make(path, **options) as folder:
        (folder / "data").write_text(text)


def victim(path):
    path.mkdir(parents=True)
    (path / "thesis.txt").write_text("precious")
    return path


@pytest.fixture
def voc(tmp_path):
    boxes = {f"p{index}": [Box("cat", (1, 2, 30, 20))] for index in range(3)}
    return make_voc(tmp_path / "voc", boxes)


@pytest.mark.parametrize("make", FOLDERS)
def test_redo_replaces_a_folder_of_ours_and_no_other(tmp_path, make):
    fill(tmp_path / "ours", make, "old")
    fill(tmp_path / "ours", make, redo=True)
    assert (tmp_path / "ours/data").read_text() == "new"
    victim(tmp_path / "theirs")
    (tmp_path / "file").write_text("precious")
    before = tree(tmp_path)
    with pytest.raises(DataError, match="theirs: was not made by this program .* and is kept"):
        fill(tmp_path / "theirs", make, redo=True)
    with pytest.raises(DataError, match="file: is not a folder that this program made"):
        fill(tmp_path / "file", make, redo=True)
    assert tree(tmp_path) == before


def test_a_database_of_another_program_is_not_replaced(tmp_path, voc, capsys):
    database = write_database(tmp_path / "db", good_records(2))
    before = tree(database)
    (tmp_path / "list").write_text("JPEGImages/p0.jpg 1\n")
    assert convert_annoset.main([str(voc), str(tmp_path / "list"), str(database), "--redo"]) == 1
    assert "db: was not made by this program" in capsys.readouterr().err
    assert tree(database) == before


@pytest.mark.parametrize("place", ["mine", "part/mine"])
def test_redo_stops_at_files_that_were_added_to_a_folder_of_ours(tmp_path, place):
    with new_folder(tmp_path / "ours") as folder:
        (folder / "part").mkdir()
        (folder / "part/data").write_text("")
    (tmp_path / "ours/part/lock.mdb").write_text("")            # a reader's: nobody's work
    (tmp_path / "ours" / place).write_text("precious")
    with pytest.raises(DataError, match="has 3 files and folders, but this program made 2"):
        fill(tmp_path / "ours", redo=True)
    (tmp_path / "ours" / place).unlink()
    fill(tmp_path / "ours", redo=True)
    assert (tmp_path / "ours/data").read_text() == "new"


@pytest.mark.parametrize("make", FOLDERS)
@pytest.mark.parametrize("name", [".out.partial", ".out.old"])
def test_folders_in_the_way_of_ours_stay(tmp_path, make, name):
    victim(tmp_path / name)
    with pytest.raises(DataError, match=f"{name}: was not made by this program"):
        fill(tmp_path / "out", make)
    assert tree(tmp_path) == {name: None, f"{name}/thesis.txt": b"precious"}


def test_a_link_is_followed_and_what_it_names_is_held_to_the_same(tmp_path):
    fill(tmp_path / "disk/ours", text="old")
    victim(tmp_path / "theirs")
    (tmp_path / "link").symlink_to("disk/ours")
    (tmp_path / "evil").symlink_to("theirs")
    fill(tmp_path / "link", redo=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "disk/ours/data").read_text() == "new"
    with pytest.raises(DataError, match="theirs: was not made by this program"):
        fill(tmp_path / "evil", redo=True)


def test_removing_does_not_follow_links_out_of_a_folder(tmp_path):
    victim(tmp_path / "theirs")
    with new_folder(tmp_path / "ours") as folder:
        (folder / "link").symlink_to(tmp_path / "theirs")
    own_folders.remove(tmp_path / "ours")
    assert not (tmp_path / "ours").exists()
    assert (tmp_path / "theirs/thesis.txt").read_text() == "precious"


@pytest.mark.parametrize("out", ["shapes", "."])
def test_out_may_not_hold_what_is_read(tmp_path, monkeypatch, capsys, out):
    make_shapes.main([str(tmp_path / "shapes"), "--train", "2", "--test", "1"])
    monkeypatch.chdir(tmp_path)
    before = tree(tmp_path)
    assert convert_dataset.main(["shapes", out, "--redo"]) == 1
    assert "holds shapes, which is read" in capsys.readouterr().err
    assert tree(tmp_path) == before


def test_export_does_not_replace_the_database_it_reads(tmp_path, voc, capsys):
    assert convert_dataset.main([str(voc), str(tmp_path / "out")]) == 0
    before = tree(tmp_path)
    flags = [f"--label_map_file={tmp_path / 'out/labelmap.prototxt'}", "--redo"]
    for out in ("out", "out/trainval"):
        assert export_dataset.main([str(tmp_path / "out/trainval"), str(tmp_path / out),
                                    *flags]) == 1
        assert "which is read; --redo would remove it" in capsys.readouterr().err
    assert tree(tmp_path) == before


def test_a_device_is_not_replaced_by_a_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="pipe: is not a regular file and is not replaced"):
        write_file(tmp_path / "pipe", "text")
    assert (tmp_path / "pipe").is_fifo()


KILLED = """
import os, sys
from pathlib import Path
from framework.system.atomic import new_folder, resumed_folder

make, redo = {"new": new_folder, "resumed": resumed_folder}[sys.argv[1]], sys.argv[2] == "redo"
WATCHED = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "open", "shutil.rmtree")

def run(path, text, stop):
    left = [stop]
    def hook(event, arguments):
        if left and event in WATCHED:
            left[0] -= 1
            if left[0] < 0:
                os._exit(9)
    sys.addaudithook(hook)
    with make(path, redo) as folder:
        (folder / "part").mkdir(exist_ok=True)
        (folder / "part/data").write_text(text)
    left.clear()

root, stop, status = Path(sys.argv[3]), 0, 9 << 8
while status:
    path = root / str(stop) / "out"
    path.parent.mkdir()
    if redo:
        with make(path) as folder:
            (folder / "data").write_text("old")
    child = os.fork()
    if not child:
        run(path, "new", stop)
        os._exit(0)
    status, stop = os.waitpid(child, 0)[1], stop + 1
print(stop)
"""


@pytest.mark.parametrize("make", ["new", "resumed"])
@pytest.mark.parametrize("redo", ["redo", "first"])
def test_a_kill_at_any_moment_is_mended_by_the_next_call(tmp_path, make, redo):
    kills = subprocess.run([sys.executable, "-c", KILLED, make, redo, str(tmp_path)], check=True,
                           capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert int(kills.stdout) > 8
    for number in range(int(kills.stdout)):
        folder = tmp_path / str(number)
        out, old = folder / "out", folder / ".out.old"
        if redo == "redo":                  # the old or the new one is always somewhere, whole
            texts = [path.read_text() for path in (out / "data", out / "part/data", old / "data")
                     if path.is_file()]
            assert set(texts) & {"old", "new"}
        fill(out, {"new": new_folder, "resumed": resumed_folder}[make], "newest", redo=True)
        assert (out / "data").read_text() == "newest"
        assert [path.name for path in folder.iterdir()] == ["out"]


def test_a_killed_replacement_is_put_back_by_a_call_without_redo(tmp_path):
    fill(tmp_path / "out", text="old")
    (tmp_path / "out").rename(tmp_path / ".out.old")
    with pytest.raises(DataError, match="out: exists"):
        fill(tmp_path / "out")
    assert (tmp_path / "out/data").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_call_that_waited_for_the_lock_finds_what_the_other_one_made(tmp_path, monkeypatch):
    """The other one gives the folder its name between our look and our lock."""
    import fcntl

    flock = fcntl.flock

    def late(descriptor, kind):
        if (tmp_path / ".out.partial").exists() and not (tmp_path / "out").exists():
            own_folders.finish(tmp_path / ".out.partial")
            (tmp_path / ".out.partial").rename(tmp_path / "out")
        flock(descriptor, kind)

    monkeypatch.setattr(fcntl, "flock", late)
    for make in FOLDERS:
        with pytest.raises(DataError, match="out: exists"):
            fill(tmp_path / "out", make)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


EVIL = ["../victim", "{path}/victim", "", ".", "..", "a/b", "a\\0b", "labelmap.prototxt",
        "trainval_name_size.txt", ".made_by_caffe_on_torch", "x" * 250]


@pytest.mark.parametrize("name", EVIL)
def test_a_split_is_one_plain_name(tmp_path, voc, capsys, name):
    victim(tmp_path / "victim")
    name = name.format(path=tmp_path)
    (tmp_path / "evil.yaml").write_text(f'root: voc\nsplits: {{"{name}": trainval}}\n')
    before = tree(tmp_path)
    for flags in ([], ["--splits", name.replace("\\0", "\0")]):
        assert convert_dataset.main([str(tmp_path / "evil.yaml"), str(tmp_path / "out"),
                                     *flags]) == 1
        output = capsys.readouterr().err
        told = "evil.yaml: the split '" if name else "evil.yaml: splits has ''"
        assert told in output and output.count("\n") == 1
    name = name.replace("\\0", "\0")
    assert convert_dataset.main([str(voc), str(tmp_path / "out"), "--split",
                                 f"{name}=0.5"]) == 1
    assert tree(tmp_path) == before


def test_a_list_of_dots_in_a_voc_folder_empties_no_folder(tmp_path, voc, monkeypatch, capsys):
    lists = voc / "ImageSets/Main"
    (lists / "...txt").write_text((lists / "trainval.txt").read_text())
    victim(tmp_path / "cwd")
    monkeypatch.chdir(tmp_path / "cwd")
    before = tree(tmp_path)
    assert convert_dataset.main(["../voc", "out"]) == 0         # a name that begins with a dot
    assert before.items() <= tree(tmp_path).items()             # is no list
    assert convert_dataset.main(["../voc", "out2", "--splits", ".."]) == 1
    assert "../voc: no split ..; it has trainval" in capsys.readouterr().err


@pytest.mark.parametrize("kind, name", [("voc", "../../x"), ("coco", "../../x"), ("coco", ".."),
                                        ("coco", "annotations"), ("voc", "a\0b")])
def test_an_exported_split_is_one_plain_name(tmp_path, capsys, kind, name):
    database = write_database(tmp_path / "db", good_records(2))
    (tmp_path / "map").write_text('item { name: "a" label: 1 } item { name: "b" label: 2 } '
                                  'item { name: "c" label: 3 }')
    before = tree(tmp_path)
    assert export_dataset.main([str(database), str(tmp_path / "out"), "--format", kind, "--split",
                                name, f"--label_map_file={tmp_path / 'map'}"]) == 1
    assert f"--split: {name!r} is " in capsys.readouterr().err
    assert tree(tmp_path) == before


def test_a_folder_of_ours_may_be_made_again_and_another_may_not(tmp_path):
    for _ in range(2):
        own_folders.make(tmp_path / "ours")
    own_folders.check(tmp_path / "ours")
    victim(tmp_path / "other")
    with pytest.raises(DataError, match="other: was not made by this program"):
        own_folders.make(tmp_path / "other")


def test_a_conversion_whose_account_nobody_reads_is_whole(tmp_path, voc):
    program = Path(__file__).parents[2] / "tools" / "convert_dataset"
    process = subprocess.Popen([sys.executable, program, voc, tmp_path / "out"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    _, errors = process.communicate(timeout=300)
    assert (process.returncode, b"Traceback" in errors) == (1, False)
    assert (tmp_path / "out/trainval/data.mdb").is_file()


def test_make_clean_leaves_what_it_did_not_make(tmp_path):
    for name in ("demo/shapes", "demo/images", "build/lib", "dist", ".venv", "notes.egg-info"):
        victim(tmp_path / name)
    fill(tmp_path / "demo/shapes_lmdb")
    (tmp_path / "demo/thesis.txt").write_text("precious")
    (tmp_path / "Makefile").write_bytes((Path(__file__).parents[2] / "Makefile").read_bytes())
    subprocess.run(["make", "-s", "clean"], cwd=tmp_path, check=True)
    assert sorted(tree(tmp_path)) == [
        ".venv", ".venv/thesis.txt", "Makefile", "demo", "demo/shapes", "demo/shapes/thesis.txt",
        "demo/thesis.txt", "dist",
        "dist/thesis.txt", "notes.egg-info", "notes.egg-info/thesis.txt"]


def test_two_conversions_of_one_name_at_once_leave_one_whole_database(tmp_path, voc):
    code = "import sys; from framework.cli import convert_dataset; sys.exit(convert_dataset.main())"
    command = [sys.executable, "-c", code, str(voc), str(tmp_path / "out")]
    calls = [subprocess.Popen(command, cwd=Path(__file__).parents[2], stderr=subprocess.PIPE,
                              stdout=subprocess.DEVNULL, text=True) for _ in range(2)]
    errors = [call.communicate()[1] for call in calls]
    assert 0 in [call.returncode for call in calls]
    for call, error in zip(calls, errors, strict=True):
        if call.returncode:
            assert "out: exists" in error or "out: another process is making it" in error
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "voc"]
