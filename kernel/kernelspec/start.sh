#!/bin/sh
# Starts the kernel. JupyterHub trims PATH, so node is looked for in three places: SOJOURN_NODE, beside this file, PATH.
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
if [ -n "${SOJOURN_NODE:-}" ]; then
  node=$SOJOURN_NODE
  if ! command -v "$node" >/dev/null 2>&1; then
    echo "sojourn: cannot start: SOJOURN_NODE is $node, and no such program can be run" >&2
    exit 127
  fi
elif [ -x "$here/node" ]; then
  node=$here/node
elif node=$(command -v node); then
  :
else
  echo "sojourn: cannot start: no node was found; set SOJOURN_NODE, or put node on the PATH of the Jupyter server" >&2
  exit 127
fi
exec "$node" "$here/start.cjs" "$@"
