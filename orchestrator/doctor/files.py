"""Where things lie on this machine: room on the disk, the kind of file system, who may read what."""

from __future__ import annotations

import os
import re
import shutil
import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path

from orchestrator import wiring
from orchestrator.core.errors import OrchestratorError
from orchestrator.doctor.patient import Patient
from orchestrator.inspection import Finding, Level

MEBIBYTE = 2**20
FULL, TIGHT = 100 * MEBIBYTE, 1024 * MEBIBYTE
"""Bytes free: too few to go on, few enough to be told."""
FAR = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "vboxsf"})
"""Kinds of file system whose locks SQLite cannot rely on (sqlite.org/wal.html: all processes on one host)."""
MOUNTS = Path("/proc/self/mounts")
CREDENTIALS = (("mail", "password"), ("zoom", "client_secret"))


def disk(patient: Patient) -> Iterator[Finding]:
    folder = _existing((patient.store or patient.settings[0].path).parent)
    free = shutil.disk_usage(folder).free
    said = f"{free // MEBIBYTE} Mio libres dans {folder}"
    level: Level = "error" if free < FULL else "warning" if free < TIGHT else "ok"
    remedy = "" if level == "ok" else "faites de la place : sans elle la base ne peut plus rien noter et rien ne part"
    yield Finding(level=level, what=said, remedy=remedy)


def store(patient: Patient) -> Iterator[Finding]:
    """Look at the database and at what it lies on."""
    path = patient.store
    if path is not None:
        kind = file_system(path.parent, MOUNTS.read_text("utf-8", "replace") if MOUNTS.exists() else "")
        if kind in FAR or kind.startswith("fuse."):
            yield Finding(
                level="error",
                what=f"la base SQLite est sur un système de fichiers distant ({kind})",
                remedy="mettez-la sur un disque de cette machine, ou passez à PostgreSQL (store.url)",
            )
        if not _writable(path):
            yield Finding(
                level="error",
                what=f"ce compte ne peut pas écrire {path}",
                remedy="lancez le diagnostic sous le compte du service ; sinon corrigez le propriétaire du dossier",
            )
        elif path.exists() and path.stat().st_uid != path.parent.stat().st_uid:
            yield Finding(
                level="error",
                what=f"{path} n'est pas au compte à qui est son dossier : le service ne pourra pas y écrire",
                remedy=f"chown --reference={path.parent} {path}*",
            )
    yield _answers(patient)


def _answers(patient: Patient) -> Finding:
    path, url = patient.store, patient.settings[0].store_url
    if path is not None and not path.exists():
        return Finding(level="ok", what=f"la base {path} sera créée au premier démarrage")
    try:
        version = wiring.store_version(url)
    except OrchestratorError as error:
        return Finding(level="error", what=error.message, remedy=error.remedy)
    return Finding(level="ok", what=f"la base répond (version {version or 'vide'})")


def permissions(patient: Patient) -> Iterator[Finding]:
    """Name what others than its owner may read and should not."""
    private = [path for path in _private(patient) if path.exists()]
    open_to_others = [path for path in private if stat.S_IMODE(path.stat().st_mode) & 0o007]
    for path in open_to_others:
        yield Finding(
            level="error" if path in _secret(patient) else "warning",
            what=f"{path} est ouvert à tous les comptes de cette machine",
            remedy=f"chmod o= {path}",
        )
    if not open_to_others:
        yield Finding(level="ok", what="la base et les secrets ne sont ouverts à personne d'autre")


def _private(patient: Patient) -> list[Path]:
    path = patient.store
    return [*([path, path.with_name(f"{path.name}-wal")] if path else []), *_secret(patient)]


def _secret(patient: Patient) -> list[Path]:
    """The secrets, and the settings' files that hold one."""
    folder = patient.secrets
    inside = sorted(folder.glob("[!.]*__*")) if folder is not None and folder.is_dir() else []
    written = {s.path for s in patient.settings} | {s.path.with_name("service.toml") for s in patient.settings}
    return [*inside, *sorted(path for path in written if path.is_file() and _holds_a_secret(path))]


def _holds_a_secret(path: Path) -> bool:
    values = tomllib.loads(path.read_text("utf-8-sig"))
    url = str(values.get("store", {}).get("url", ""))
    return any(values.get(table, {}).get(key) for table, key in CREDENTIALS) or bool(
        re.search(r"//[^/@]*:[^/@]+@", url)
    )


def _writable(path: Path) -> bool:
    return os.access(_existing(path.parent), os.W_OK) and (not path.exists() or os.access(path, os.W_OK))


def _existing(folder: Path) -> Path:
    return next(above for above in (folder, *folder.parents) if above.exists())


def file_system(folder: Path, mounts: str) -> str:
    """The kind of file system a folder lies on, from the text of proc_pid_mounts(5); "" where it is not known."""
    place, kind = Path(), ""
    for line in mounts.splitlines():
        _device, where, this, *_ = [*line.split(" "), "", "", ""]
        found = Path(re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), where))
        if where and folder.is_relative_to(found) and len(found.parts) >= len(place.parts):
            place, kind = found, this
    return kind
