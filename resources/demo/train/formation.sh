#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Captures the formation traces: the same prompts through the snapshots of the training.
#
#     formation.sh EXPERTSCOPE SNAPSHOTS OUT
#
# EXPERTSCOPE  the program (build/release/bin/expertscope);  SNAPSHOTS  a folder of Hugging Face folders tokens-<number of tokens seen>;
# OUT  where tokens-<number>.h5 go. Every sequence gets the label "tokens_seen", so the traces can be compared or joined.
set -eu
expertscope=$1 snapshots=$2 out=$3
here=$(dirname "$(dirname "$(readlink -f "$0")")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
for folder in "$snapshots"/tokens-*; do
    name=$(basename "$folder")
    seen=$(echo "${name#tokens-}" | sed 's/^0*\(.\)/\1/')
    sed 's/"labels": {/&"tokens_seen": "'"$seen"'", /' "$here/formation_prompts.jsonl" > "$work/prompts.jsonl"
    "$expertscope" capture --model "$folder" --prompts "$work/prompts.jsonl" -o "$out/$name.h5" --dtype fp32
done
