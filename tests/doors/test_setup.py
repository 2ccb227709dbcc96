"""The one command, the locks and the wheel.

What would fetch packages is left to a stand-in `uv`, a script that notes its arguments; all else is real.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN_LOCK, TEST_LOCK, BENCH_LOCK = "requirements.lock", "requirements-test.lock", "requirements-bench.lock"
PAPERS_LOCK = "requirements-papers.lock"
LOCKS = RUN_LOCK, TEST_LOCK, PAPERS_LOCK, BENCH_LOCK
"""In the order in which more and more is set up."""
ITSELF = "."
TOOLS = ("basename", "cat", "cksum", "dirname", "head", "mv", "readlink", "rm", "sh")
UV = """#!/bin/sh
echo "$*" >>"$HOUSE/uv.log"
echo "uv is talking"
[ ! -e "$HOUSE/uv-is-broken" ] || exit 1
[ ! -e "$HOUSE/power-cut" ] || kill -KILL 0
case $* in *"-e ."*)
    printf '%s\\n' '#!/bin/sh' 'echo "in $PWD: $*"; cat; exit 3' >.venv/bin/orchestrator
    /bin/chmod +x .venv/bin/orchestrator ;;
esac
"""

OLD_PYTHON = f"""#!/bin/sh
[ "$1" != -V ] || {{ echo Python 3.10.9; exit; }}
exec "{sys.executable}" -Ic 'import sys; sys.version_info = (3, 10, 9); exec(sys.argv[1])' "$2"
"""


class House:
    """A checkout of our own in a folder with a space, with only the commands it may need."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.bin = folder, folder / "bin"
        self.root = folder / "un dossier"
        self.root.mkdir()
        self.bin.mkdir()
        for name in ("run", "pyproject.toml", *LOCKS):
            shutil.copy(ROOT / name, self.root)
        for name in TOOLS:
            (self.bin / name).symlink_to(shutil.which(name) or name)

    def command(self, name: str, script: str) -> None:
        """Put a command of our own on the path."""
        (self.bin / name).write_text(script)
        (self.bin / name).chmod(0o755)

    def environment(self, **more: str) -> dict[str, str]:
        """No HOME, no terminal, nothing inherited."""
        return {"PATH": str(self.bin), "HOUSE": str(self.folder)} | more

    def run(self, *args: str, script: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        """Call `./run` from another folder."""
        return subprocess.run(
            [script or self.root / "run", *args],
            cwd=self.folder,
            env=self.environment(**environment),
            input="from stdin\n",
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
            start_new_session=True,
        )

    def installed(self) -> list[str]:
        """What was asked of uv."""
        log = self.folder / "uv.log"
        return re.findall(r"-[re] (\S+)", log.read_text()) if log.exists() else []


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A checkout with a complete Python and uv."""
    house = House(tmp_path)
    house.command("python3", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    house.command("uv", UV)
    return house


def test_the_scripts_are_executable_and_well_formed() -> None:
    for script, shell in ((ROOT / "run", "sh"), (ROOT / ".ci" / "run", "bash")):
        assert os.access(script, os.X_OK)
        assert subprocess.run([shell, "-n", script], capture_output=True, text=True, check=True).stderr == ""


def test_arguments_folder_stdin_and_exit_code_are_those_of_the_program(house: House) -> None:
    done = house.run("status", "deux mots", "")

    assert (done.returncode, done.stdout) == (3, f"in {house.folder}: status deux mots \nfrom stdin\n")
    assert "Préparation de" in done.stderr
    assert house.installed() == [RUN_LOCK, ITSELF]


def test_once_set_up_it_is_silent_and_installs_nothing(house: House) -> None:
    house.run()
    again = house.run()

    assert (again.stderr, house.installed()) == ("", [RUN_LOCK, ITSELF])


def test_it_works_through_links_from_the_path_and_by_a_relative_name(house: House) -> None:
    away = house.folder / "ailleurs"
    (away / "un dossier").mkdir(parents=True)
    (away / "premier").symlink_to(house.root / "run")
    (away / "second").symlink_to("premier")
    (away / "tout").symlink_to(house.root)
    path = f"{house.root}:{house.bin}"
    ways = (
        house.run(script=away / "second"),
        house.run(script=away / "tout" / "run"),
        house.run("-c", "exec run", script=house.bin / "sh", PATH=path),
        house.run("un dossier/run", script=house.bin / "sh", CDPATH=str(away)),
    )

    assert [way.stdout for way in ways] == [f"in {house.folder}: \nfrom stdin\n"] * 4
    assert house.installed() == [RUN_LOCK, ITSELF]


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_what_it_is_made_from_has_changed_so_it_installs_again(house: House, name: str) -> None:
    house.run()
    with (house.root / name).open("a") as file:
        file.write("# changed\n")
    kept = house.root / ".venv" / "kept"
    kept.touch()
    house.run()

    assert house.installed() == [RUN_LOCK, ITSELF] * 2
    assert kept.exists()


def test_a_moved_folder_is_set_up_from_nothing(house: House) -> None:
    house.run()
    (house.root / ".venv" / "stale").touch()
    house.root = house.root.rename(house.folder / "autre part")
    house.run()

    assert house.installed() == [RUN_LOCK, ITSELF] * 2
    assert not (house.root / ".venv" / "stale").exists()


def test_a_python_that_is_gone_is_replaced(house: House) -> None:
    house.run()
    python = house.root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/gone/python3")

    assert house.run().returncode == 3
    assert subprocess.run([python, "-V"], check=True).returncode == 0


def test_a_setup_cut_off_begins_from_nothing(house: House) -> None:
    house.run()
    lock, half_written = house.root / "requirements.lock", house.root / ".venv" / "half-written"
    before = lock.read_text()
    lock.write_text(before + "# changed\n")
    half_written.touch()
    (house.folder / "power-cut").touch()
    cut = house.run()
    (house.folder / "power-cut").unlink()
    lock.write_text(before)

    assert (cut.returncode, half_written.exists()) == (-signal.SIGKILL, True)
    assert (house.run().returncode, half_written.exists()) == (3, False)


def test_two_at_once_set_up_once(house: House) -> None:
    both = [
        subprocess.Popen(
            [house.root / "run"], env=house.environment(), stdin=subprocess.DEVNULL, stdout=-1, stderr=-1, text=True
        )
        for _ in range(2)
    ]
    talks = sorted(process.communicate(timeout=60)[1] for process in both)

    assert [process.returncode for process in both] == [3, 3]
    assert talks[0] == ""
    assert house.installed() == [RUN_LOCK, ITSELF]


@pytest.mark.slow
def test_where_uv_fails_pip_is_tried_and_a_failure_is_said(house: House) -> None:
    (house.folder / "uv-is-broken").touch()
    done = house.run(PIP_NO_INDEX="1", PIP_FIND_LINKS=str(house.folder), PIP_RETRIES="0", PIP_TARGET=str(house.folder))

    assert (done.returncode, done.stdout) == (1, "")
    assert "No matching distribution found for alembic" in done.stderr
    assert done.stderr.splitlines()[-1] == "La préparation a échoué, voir ci-dessus ; ./run la recommencera."
    assert not (house.root / ".venv" / ".set-up").exists()


def test_measurements_are_listed_and_an_unknown_one_is_named(house: House) -> None:
    (house.root / "benchmarks").mkdir()
    for name in ("__init__", "seats", "beat"):
        (house.root / "benchmarks" / f"{name}.py").touch()

    assert house.run("bench").stdout == "beat\nseats\n"
    assert house.installed() == [*LOCKS, ITSELF]
    unknown = house.run("bench", "rooms")
    assert (unknown.returncode, unknown.stderr) == (2, "There is no benchmarks/rooms.py\n")
    assert house.run().stderr == ""


def test_pages_and_supply_have_a_lock_of_their_own_and_no_other_set_up_undoes_it(house: House) -> None:
    for verb, module in (("docs", "sphinx"), ("supply", "supply")):
        done = house.run(verb)
        assert (done.returncode, f"No module named {module}" in done.stderr) == (1, True)
    for verb in ("supply", "status"):
        house.run(verb)
    assert house.installed() == [RUN_LOCK, TEST_LOCK, PAPERS_LOCK, ITSELF]
    house.run("bench")
    installed = house.installed()
    house.run("docs")
    assert (installed[4:], house.installed()) == ([*LOCKS, ITSELF], installed)


def test_the_step_that_fails_is_named_and_ends_the_tests(house: House) -> None:
    house.run("bench")
    ruff = house.root / ".venv" / "bin" / "ruff"
    ruff.write_text("#!/bin/sh\nexit 7\n")
    ruff.chmod(0o755)
    done = house.run("test", "--quick")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "- ruff format --check --quiet .\nFailed: ruff format --check --quiet .\n"


def test_a_python_too_old_is_named_with_what_to_install(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.command("python3", OLD_PYTHON)
    done = house.run("demo")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "Il faut Python 3.11 ou plus récent ; trouvé : Python 3.10.9. "
        "Debian 12, Ubuntu 24.04 ou plus récents : sudo apt-get install python3-venv ; ailleurs : python.org\n"
    )
    assert not (house.root / ".venv").exists()


def test_without_any_python_it_says_so(tmp_path: Path) -> None:
    done = House(tmp_path).run("demo")

    assert (done.returncode, done.stdout) == (2, "")
    assert "trouvé : aucun." in done.stderr


def test_a_newer_python_beside_an_old_one_is_found(house: House) -> None:
    (house.bin / "python3").rename(house.bin / "python3.12")
    house.command("python3", OLD_PYTHON)

    assert house.run().returncode == 3


def test_a_python_without_ensurepip_is_told_what_to_install(house: House) -> None:
    (house.bin / "uv").unlink()
    house.command("python3", f'#!/bin/sh\ncase $* in *ensurepip*) exit 1 ;; esac\nexec "{sys.executable}" "$@"\n')
    done = house.run("demo")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("Debian, Ubuntu : sudo apt-get install python3-venv\n")
    assert not (house.root / ".venv").exists()


def pins(lock: str) -> dict[str, set[str]]:
    """Read a lock: the versions of each name; anything but hashed pins is refused."""
    text = (ROOT / lock).read_text()
    pin = r"([a-z0-9.-]+)==([\w.]+)(?: ; [^\\\n]+)?(?: \\\n    --hash=sha256:[0-9a-f]{64})+\n"
    assert re.fullmatch(f"(?:{pin})+", text), f"{lock} holds something else than hashed pins"
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(pin, text):
        versions.setdefault(name, set()).add(version)
    return versions


def test_the_locks_hold_hashed_pins_only_and_agree() -> None:
    ours, tests, papers, benchmarks = (pins(lock) for lock in LOCKS)

    assert {name: tests.get(name) for name in ours} == ours
    assert {name: benchmarks.get(name) for name in tests} == tests
    assert {name: papers.get(name) for name in ours} == ours
    shared = papers.keys() & benchmarks.keys()
    assert {name: papers[name] for name in shared} == {name: benchmarks[name] for name in shared}


def test_the_locks_hold_everything_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    extras = project["project"]["optional-dependencies"]
    asked = [*project["project"]["dependencies"], *(one for extra in extras.values() for one in extra)]

    def names(requirements: list[str]) -> set[str]:
        return {re.split(r"[\[<>=]", requirement)[0] for requirement in requirements}

    assert names(asked + groups["build"]) - pins(RUN_LOCK).keys() == set()
    assert names(asked + groups["build"] + groups["test"]) - pins(TEST_LOCK).keys() == set()
    assert names(groups["bench"]) - pins(BENCH_LOCK).keys() == set()
    assert names(groups["papers"]) - pins(PAPERS_LOCK).keys() == set()
    assert names(project["build-system"]["requires"]) <= names(groups["build"])


def files_of(folder: str) -> set[str]:
    """The files under a folder of the checkout, by their path in it."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    return next(folder.glob("*.whl"))


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_what_ships_with_it_and_nothing_else(wheel: Path) -> None:
    shipped = files_of("templates") | files_of("examples") | {"config.example.toml"}
    about = {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}
    names = set(zipfile.ZipFile(wheel).namelist())

    assert {name for name in names if ".dist-info/" not in name} == files_of("orchestrator") | {
        f"orchestrator/_shipped/{name}" for name in shipped
    }
    assert {name.split(".dist-info/")[1] for name in names if ".dist-info/" in name} == about
    assert {"orchestrator/py.typed", "orchestrator/store/migrations/script.py.mako"} <= names


@pytest.mark.slow
def test_the_wheel_finds_its_own_files_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    code = (
        f"import sys; sys.path.insert(0, {str(site)!r})\n"
        "from orchestrator import shipped\n"
        "from orchestrator.store import Store\n"
        "print(shipped.example_config(), shipped.templates(), shipped.examples())\n"
        "Store('sqlite:///wheel.db').open().close()\n"
        "from orchestrator.cli import main\n"
        "main(['init'])\n"
    )
    done = subprocess.run([sys.executable, "-Ic", code], cwd=tmp_path, check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    shipped = site / "orchestrator" / "_shipped"
    found = [shipped / "config.example.toml", shipped / "templates", shipped / "examples"]
    assert done.stdout.splitlines()[0] == " ".join(map(str, found))
    assert {"wheel.db", "config.toml"} <= {path.name for path in tmp_path.iterdir()}
