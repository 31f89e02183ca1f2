#!/usr/bin/env bash
# Puts `rewardedit` on the path of the job's next steps: built from the repository that this action comes from, or from npm.
# No package's install script is run.
set -euo pipefail

home="$RUNNER_TEMP/rewardedit"
mkdir -p "$home/bin"
if [[ $VERSION == source ]]; then
  root=$(cd "$GITHUB_ACTION_PATH/../../.." && pwd)
  (cd "$root" && npm run --silent build)
  main="$root/packages/cli/bin/run.js"
else
  npm install --prefix "$home" --ignore-scripts --no-audit --no-fund --save-exact -- "rewardedit@$VERSION"
  main="$home/node_modules/rewardedit/bin/run.js"
fi
printf '#!/usr/bin/env bash\nexec node %q "$@"\n' "$main" > "$home/bin/rewardedit"
chmod +x "$home/bin/rewardedit"
echo "$home/bin" >> "$GITHUB_PATH"
