# Sourced by the scripts beside it: where things are, and the versions of the tools that are built from their modules.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tool_bin=${XDG_CACHE_HOME:-$HOME/.cache}/mocloud/bin
export PATH=$tool_bin:$PATH

# tool_module NAME: the module, its version and the package of a tool.
tool_module() {
  case $1 in
    golangci-lint) echo github.com/golangci/golangci-lint/v2 v2.15.0 cmd/golangci-lint ;;
    versitygw) echo github.com/versity/versitygw v1.8.0 cmd/versitygw ;;
    pebble) echo github.com/letsencrypt/pebble/v2 v2.10.1 cmd/pebble ;;
    govulncheck) echo golang.org/x/vuln v1.9.0 cmd/govulncheck ;;
    *) echo "unknown tool $1" >&2 && return 1 ;;
  esac
}

# modules: the folder of each module of the workspace, pkg first, as everything else stands on it.
modules() {
  echo pkg
  sed -n 's|^[[:space:]]*\./\(.*\)$|\1|p' "$root/go.work" | grep -vx pkg
}

# all_modules: those, and the modules that are not of the workspace.
all_modules() {
  modules
  echo tools
}

# processors sets load_on and server_on: how a benchmark puts servers on one processor and the load on another, where there are two.
processors() {
  local cpus
  load_on=() server_on=()
  command -v taskset >/dev/null || return 0
  mapfile -t cpus < <(taskset -pc $$ | sed 's/.*: //' | tr ',' '\n' | while IFS=- read -r first last; do seq "$first" "${last:-$first}"; done)
  [ ${#cpus[@]} -lt 2 ] || { load_on=(taskset -c "${cpus[1]}") && server_on=(-server-cpu "${cpus[0]}"); }
}

say() { printf '\n== %s\n' "$*" >&2; }
