# Sourced by the scripts beside it: finds Python and keeps .venv in step with pyproject.toml and the locks.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv="$root/.venv"

say() { printf '%s\n' "$*"; }
die() { printf '%s\n' "$@" >&2; exit 1; }

# Prints the first Python that is new enough and can make virtual environments. $PYTHON goes first when it is set.
find_python() {
  local candidate found="" lacking=""
  # Each is run, not only looked up: a version manager's shim may exist without the version behind it.
  for candidate in ${PYTHON:+"$PYTHON"} python3 python python3.13 python3.12 python3.11; do
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue
    found=$candidate
    "$candidate" -c 'import ensurepip, venv' >/dev/null 2>&1 && { printf '%s\n' "$candidate"; return; }
    lacking=$candidate
  done
  [ -z "$lacking" ] || die "$lacking has no venv module. On Debian and Ubuntu: apt-get install python3-venv"
  [ -n "$found" ] || die "Journey Hub needs Python 3.11 or newer, and none was found." \
    "Install one, or say where it is: PYTHON=path/to/python3.12 $0"
}

# The digest of everything that decides what .venv holds.
wanted() {
  (cd "$root" && "$venv/bin/python" - pyproject.toml requirements*.txt <<'PY'
import hashlib, pathlib, sys

digest = hashlib.sha256(f"{sys.version} {pathlib.Path.cwd()}".encode())
for name in sys.argv[1:]:
    digest.update(pathlib.Path(name).read_bytes())
print(digest.hexdigest())
PY
  )
}

# pip, without its notes; its errors are shown.
quiet_pip() { "$venv/bin/python" -m pip install -qq --no-input --disable-pip-version-check "$@"; }

# prepare runtime|test: .venv holds the locked packages and this hub. Does nothing when nothing changed.
prepare() {
  local lock=requirements.txt extra="" digest started=$SECONDS
  [ "$1" = runtime ] || { lock=requirements-test.txt; extra="[test]"; }
  if ! "$venv/bin/python" -c 'import pip' >/dev/null 2>&1; then
    local python
    python=$(find_python)
    rm -rf "$venv"
    "$python" -m venv "$venv" || die "Could not make a virtual environment in .venv (see above)."
  fi
  digest=$(wanted)
  case "$(cat "$venv/.installed" 2>/dev/null || true)" in
    "$digest test" | "$digest $1") return ;;
  esac
  rm -f "$venv/.installed"
  if [ -n "${HUB_UNLOCKED:-}" ]; then
    say "Installing the newest packages that pyproject.toml allows into .venv ..."
    quiet_pip -e "$root$extra" || die "The installation failed (see above)."
  else
    say "Installing the locked packages into .venv (about half a minute) ..."
    quiet_pip --require-hashes -r "$root/requirements-build.txt" -r "$root/$lock" ||
      die "The installation failed (see above). Is there a way to a package index?" \
        "To try the newest packages that pyproject.toml allows instead of the locked ones: HUB_UNLOCKED=1 $0"
    quiet_pip --no-deps --no-build-isolation -e "$root" || die "The hub itself could not be installed (see above)."
  fi
  printf '%s %s\n' "$digest" "$1" >"$venv/.installed"
  say "Installed in $((SECONDS - started)) s."
}
