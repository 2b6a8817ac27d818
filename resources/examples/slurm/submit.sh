#!/bin/bash
# submit.sh N TRACE RESULTS [options of analyze]: N parts as a job array, then the merge when all of them succeeded.
#   SBATCH_PARTITION=cpu SBATCH_CPUS_PER_TASK=4 submit.sh 16 trace.h5 results.h5 --by language
# RESULTS ends with .json, .csv, .tex or .h5. Slurm's own options go into its SBATCH_... variables.
set -euo pipefail
if [ $# -lt 3 ]; then
    sed -n 's/^# //p' "$0" >&2
    exit 2
fi
here=$(dirname "$(realpath "$0")")
count=$1 trace=$(realpath "$2") results=$(realpath "$3")
shift 3
parts=$(mktemp -d "$results.parts.XXXXXX")
array=$(sbatch --parsable --array="1-$count" "$here/analyze_array.sbatch" "$trace" "$parts" "$@")
merge=$(sbatch --parsable --dependency="afterok:$array" "$here/merge.sbatch" "$parts" "$results")
echo "parts: job $array, merge: job $merge, parts lie in $parts"
