#!/usr/bin/env bash
# Where npm keeps its downloads, and what they depend on. `hashFiles` cannot see an action's own repository, so git hashes the lock file.
set -euo pipefail

if [[ $VERSION == source ]]; then
  lock=$(git hash-object "$GITHUB_ACTION_PATH/../../../package-lock.json")
else
  lock=$VERSION
fi
{
  echo "folder=$(npm config get cache)"
  echo "key=rewardedit-$RUNNER_OS-$RUNNER_ARCH-$lock"
} >> "$GITHUB_OUTPUT"
