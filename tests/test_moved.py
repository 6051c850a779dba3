"""Old module paths give the modules of today, not copies of them, and say where these are."""

import importlib
import subprocess
import sys
import warnings

import pytest

from framework.moved import BECAME_PACKAGES, MOVED


def public_names(home):
    """What a module defines itself."""
    return [name for name, value in vars(home).items() if not name.startswith("__")
            and getattr(value, "__module__", home.__name__) == home.__name__
            and type(value).__name__ != "module"]


@pytest.mark.parametrize("old", MOVED)
def test_an_old_path_is_the_module_of_today_and_warns(old):
    homes = [importlib.import_module(f"framework.{home}") for home in MOVED[old].split()]
    sys.modules.pop(f"framework.{old}", None)
    with warnings.catch_warnings(record=True) as found:     # an old room warns of itself first
        warnings.simplefilter("always")
        module = importlib.import_module(f"framework.{old}")
    assert {warning.category for warning in found} == {DeprecationWarning}
    assert str(found[-1].message).startswith(f"framework.{old} is now framework.")
    specs = [home.__spec__.name for home in homes]
    assert specs == [f"framework.{home}" for home in MOVED[old].split()]
    assert len(homes) > 1 or module is homes[0]
    for home in homes:
        for name in public_names(home):
            assert getattr(module, name) is getattr(home, name), name


@pytest.mark.parametrize("package", BECAME_PACKAGES)
def test_a_package_that_was_a_module_still_has_its_names(package):
    module = importlib.import_module(f"framework.{package}")
    for home in BECAME_PACKAGES[package].split():
        home = importlib.import_module(f"framework.{home}")
        for name in public_names(home):
            with pytest.warns(DeprecationWarning, match=rf"framework\.{package}\.{name} is now"):
                assert getattr(module, name) is getattr(home, name)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = module.nothing


def test_the_warning_names_the_line_of_the_import(tmp_path):
    (tmp_path / "script.py").write_text("import framework\nfrom framework.spec import NetSpec\n"
                                        "from framework.spec import read_net\n"
                                        "from framework.net import Net\n")
    done = subprocess.run([sys.executable, "-W", "always::DeprecationWarning", "script.py"],
                          cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "script.py:2: DeprecationWarning: framework.spec is now framework.definition.spec" \
        in done.stderr
    assert "script.py:4: DeprecationWarning: framework.net.Net is now framework.net.net.Net" \
        in done.stderr


def test_an_unknown_path_is_not_found():
    with pytest.raises(ModuleNotFoundError, match="framework.nothing"):
        importlib.import_module("framework.nothing")
