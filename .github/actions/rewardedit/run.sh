#!/usr/bin/env bash
# Runs the command with --json. It succeeds whatever the command exits with: the exit code and the document are judged by conclude.mjs.
set -euo pipefail

mkdir -p "$(dirname "$RESULT")"
result="$(cd "$(dirname "$RESULT")" && pwd)/$(basename "$RESULT")"
list=$(mktemp "$RUNNER_TEMP/rewardedit-words-XXXXXXXX")

# xargs knows quotes and backslashes, and nothing else of a shell: no variables, no substitutions, no patterns.
if ! xargs printf '%s\0' <<< "$COMMAND" > "$list"; then
  echo '::error title=rewardedit::command cannot be split into words: a quote is not closed'
  exit 2
fi
words=()
while IFS= read -r -d '' word; do words+=("$word"); done < "$list"

# A text of a dataset that is printed must not become a command to the runner.
token=$(basename "$(mktemp -u)")
echo "::stop-commands::$token"
code=0
rewardedit "${words[@]}" --json > "$result" || code=$?
echo "::$token::"

{
  echo "result=$result"
  echo "exit-code=$code"
} >> "$GITHUB_OUTPUT"
