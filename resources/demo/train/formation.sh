#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Captures the formation traces: the same prompts through the snapshots of the training.
#
#     formation.sh EXPERTSCOPE SNAPSHOTS OUT
#
# EXPERTSCOPE  the program (build/release/bin/expertscope);  SNAPSHOTS  a folder of Hugging Face folders tokens-<number of tokens seen>;
# OUT  where tokens-<number>.h5 go. Every sequence gets the label "tokens_seen", so the traces can be compared or joined.
set -eu
expertscope=$(readlink -f "$1") snapshots=$(readlink -f "$2")
mkdir -p "$3"
out=$(readlink -f "$3")
here=$(dirname "$(dirname "$(readlink -f "$0")")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" # the traces name model and prompts as they are called here, not where this machine keeps them
for folder in "$snapshots"/tokens-*; do
    name=$(basename "$folder")
    seen=$(echo "${name#tokens-}" | sed 's/^0*\(.\)/\1/')
    ln -s "$folder" "$name"
    sed 's/"labels": {/&"tokens_seen": "'"$seen"'", /' "$here/formation_prompts.jsonl" > formation_prompts.jsonl
    "$expertscope" capture --model "$name" --prompts formation_prompts.jsonl -o "$out/$name.h5" --dtype fp32 --loss --force
done
