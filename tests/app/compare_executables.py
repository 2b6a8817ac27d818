#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""compare_executables.py OLD_BIN_DIR NEW_BIN_DIR [--only REGEX] [--list] [--keep DIR]

Shows that a rearrangement of the sources changed nothing that a user can see. The old executables make inputs, once.
Then the old and the new ones run the same commands side by side, each in a folder with copies of them, with a home and a
cache of results of their own. Exit status, stdout, stderr and every file that a command wrote must be the same bytes; what
a clock decides is masked (TIMES, MAKING). Analyses and comparisons run twice, with a cold and a warm cache. Commands need
the inputs only, not each other. Differences that are asked for stand in EXPECTED_DIFFERENCES; any other ends the script
with 1. Needs the standard library and, where traces were made anew, h5dump.

A line of COMMANDS is a command of `expertscope`, or of the executable that it begins with. {a|b} stands for either: the
line is one command for each. NAME=VALUE in front sets the environment. A backslash continues a line.
"""
import argparse
import difflib
import hashlib
import itertools
import json
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# Regular expression on the command -> why it differs. Empty it once OLD_BIN_DIR is newer than the change.
EXPECTED_DIFFERENCES = {
    r"^info in/(f0|slice).h5": "only where BIN_DIR is the folder in which the bundled traces were recorded",
    r"^(analyze|compare|merge|simulate) .*(--(json|csv|hdf5)|-o out/\S*)": "format 1.3: files name layers beside both sites; quantiles of scores; vocabulary on request; parts of format 4",
    r"^(analyze|compare|figure.*|report|simulate cache|simulate placement) --help": "--phase, --sample, --exact",
    r"^(analyze|compare|merge) ": "vocabulary on request, uniform_sd with the uncertainty of the mean, quantiles of scores",
}

COMMANDS = r"""
# what there is, and its help
{|--version|--help|nonsense|--nonsense}
{info|repair|analyze|compare|merge|figure|metrics|simulate|simulate cache|simulate placement|synth} --help
{info|repair|analyze|compare|merge|figure|figure load|simulate|simulate cache|simulate placement|synth|simulate nonsense}
synth {uniform|planted|markov|W1|W2|W3|W4|exflow|U|B|M|V|u} --help
expertscope-capture {|--version|--help}
expertscope-desktop {--version|--help|in/f0.h5 in/f1.h5|in/no.h5 --screenshot out/no.png|in/f0.h5 --theme light --screenshot out/f0.png|--nonsense}
{capture|desktop} {--version|--help}
COLUMNS=200 {metrics|simulate cache --help|simulate placement --help}
# info, repair, metrics
info {in/f0.h5|in/M.h5|in/small.h5|in/logits.h5|in/domains.h5|in/slice.h5|in/ragged.h5|in/incomplete.h5|'in/a trace.h5'} {|--json}
info {in/no.h5|in/text.h5|in|in/fit-1.esp|in/M.h5 in/B.h5|--csv in/M.h5}
info {in/captured.h5|in/stopped.h5} {|--json}
repair {in/killed.h5|--json in/again.h5|in/early.h5|in/inway.h5|in/torn.h5|in/M.h5|in/incomplete.h5|in/incomplete.h5 --json|in/no.h5|in/text.h5|in}
metrics {|--json|load balance|load srp affinity --json|loaf|--csv}
# analyze
analyze in/f0.h5 {|--json|--csv|--latex|--by language|--by domain --csv|--by domain --bootstrap 3 --latex --metric balance}
analyze in/f0.h5 -o out/f.{json|csv|tex|h5|hdf5|txt} --by language --bootstrap 5 --metric balance --metric repetition
analyze in/M.h5 {--metric all|--metric all --csv|--json --threads 1|--json --threads 3|--json --no-cache|--csv -o out/csv.json|--hdf5 -o out/hdf5.txt}
analyze in/domains.h5 --by domain --metric all {|--json|--bootstrap 10 --csv}
analyze in/{logits|markov|small|slice|ragged|incomplete}.h5 {|--metric all --json}
analyze 'in/a trace.h5' {|--csv} --metric load --metric balance
analyze in/f0.h5 in/f1.h5 in/f2.h5 {|--json|--csv|--metric flip_rate|--metric saturation --metric fluctuation --latex|-o out/series.h5|\
    --by domain --metric load --metric flip_rate --csv}
analyze in/f0.h5 {in/M.h5|in/B.h5 in/M.h5} --metric {balance|flip_rate|all} {|--json}
analyze in/f0.h5 --metric srp:m=4/16 --metric affinity:distance=2 --metric repetition --metric load --metric load {|--json|--by language}
analyze in/f0.h5 --metric {drop:cf=1/1.5,bins=4|fan_out:gpus=4|distinct:window=16/64|balance:batch=32|effective_k:mass=0.5|lifetime:rho=0.5|\
    predict:n=4 --json|vocabulary:ids=input|risk_difference --by language}
analyze in/f0.h5 {--where language=de|--where language=de --where domain=manual|--sites 0-1,3|--skip-first 7|--bootstrap 20 --sites 2} {|--json|\
    --metric load --csv}
COLUMNS={40|60|200} analyze in/f0.h5 --by domain --bootstrap 3
EXPERTSCOPE_CPU_KERNELS={baseline|avx2} analyze in/domains.h5 --by domain --no-cache --json
EXPERTSCOPE_CACHE={in/text.txt|/dev/full|/proc/nothing} analyze in/f0.h5 --metric balance
HOME= XDG_CACHE_HOME= analyze in/f0.h5 --metric balance
analyze in/M.h5 {--metrics load|--metric loaf|--where half|--where =de|--skip-first -3|--threads many|--threads 2000|--json --csv|in/./M.h5|--hdf5|\
    --metric|-o}
analyze in/M.h5 --sites={x|1-|3-1|1,,2|1,|-1|70000|1-2-3||0x1|2-4}
analyze in/M.h5 --metric {load:m=3|load:3|load:|srp:m=0|srp:m=x|srp:m=1.5|srp:m=4,m=8|divergence:pair=x}
analyze in/M.h5 --bootstrap {1|1000000|x}
analyze {in/no.h5|in/text.h5|in|in/M.h5 in/no.h5|in/M.h5 --by domain}
analyze in/f0.h5 {--by topic|--where topic=x|--where language=xx|--sites 6|--where language=de --where language=en}
{analyze in/M.h5|analyze in/no.h5|compare in/no.h5 in/no.h5|simulate cache in/no.h5|simulate placement in/no.h5 --gpus 2} -o {no/out.json|\
    in/text.txt/out.json|in}
# compare
compare in/f0.h5 in/f2.h5 {|--json|--csv|--latex|--by language --bootstrap 5 --metric repetition|--by domain --csv|--metric repetition|\
    --metric all --json}
compare in/f0.h5 in/f2.h5 --where language=de --sites 1-3 --skip-first 2 --threads 1 -o out/compared.{json|csv|tex|txt}
compare {in/M.h5 in/B.h5|in/M.h5 in/M.h5|in/M.h5 in/f0.h5 --metric balance|in/M.h5 in/f0.h5} {|--json --no-cache}
compare in/M.h5 {|in/B.h5 in/M.h5|in/B.h5 --hdf5|in/B.h5 -o out/x.h5|in/B.h5 --metric loaf|in/no.h5|in/B.h5 --by topic|in/B.h5 --json --csv}
# shards
analyze in/M.h5 --shard {1/1|1/3|2/3|3/3|11/11} -o out/part.esp
analyze in/f0.h5 --by language --bootstrap 20 --sites 0-1,3 --skip-first 7 --metric load --metric repetition --where domain=manual --shard 2/4 -o \
    out/part.esp
analyze in/M.h5 -o out/x.esp --shard={0/3|4/3|1/0|1|/|1/|a/b|-1/3|1/3x|1/99999}
analyze in/M.h5 --shard 1/2 {|--json -o out/x.esp|in/B.h5 -o out/x.esp|-o out/x.esp --metric all|-o out/x.esp --metric predict|\
    -o out/x.esp --metric flip_rate}
merge in/by-2.esp in/by-1.esp {|--json|--csv|--latex|-o out/merged.h5|-o out/merged.json|--trace in/f0.h5}
merge in/fit-3.esp in/fit-1.esp in/fit-2.esp {|--json|--trace in/M.h5|--trace in/B.h5|--trace in/no.h5|--json --csv|--hdf5}
merge {in/fit-1.esp|in/fit-1.esp in/fit-3.esp|in/fit-1.esp in/fit-2.esp in/fit-2.esp in/fit-3.esp|in/fit-1.esp in/fit-2.esp in/fit-3.esp in/two-1.esp}
merge {in/fit-1.esp in/skip-2.esp in/fit-3.esp|in/fit-1.esp in/by-1.esp|in/M.h5|in/no.esp|in|in/gone.esp|in/gone.esp --trace in/M.h5}
merge in/{cut|hurt|long|magic|short_state|long_state|options|header|version|uuid}.esp in/fit-2.esp in/fit-3.esp
# simulate cache
simulate cache in/small.h5 {|--json|--csv|--latex|--policy lru --capacity 2 --expert-bytes 1KiB --json|--per-site-histograms --json --policy lru,opt}
simulate cache in/small.h5 --policy lru --capacity 2 {--cold first-free|--scope global|--scope groups:3|--scope groups:0,2/1|--flush|--warm-up 1|\
    --warm-up 99} {|--json}
simulate cache in/small.h5 --policy lru --capacity 2 --cold preload:in/{preload|some|more|beyond|few_lists|no_lists|no}.json
simulate cache in/f0.h5 {|--scope groups:2|--policy lru,static,arc --quotas|--policy lru --quotas --json --capacity 50%|--batch 4 --expert-bytes 3MB|\
    --prefill-chunk 16}
simulate cache in/f0.h5 --batch 8 --shuffle 3 --prefill-chunk 8 --policy lru,lfu,random --seed 5 --capacity 8 {|--json}
simulate cache in/f0.h5 --where language=de --sites 1,3 --skip-first 2 --capacity 25%,20-22 --policy lru,ema:halflife=8 --threads 1 {--json|\
    -o out/cache.json|-o out/cache.csv|-o out/cache.tex|-o out/cache.h5|-o out/cache.txt}
simulate cache in/markov.h5 {|--per-site-histograms -o out/sites.h5|\
    --contract sequential:random --seed 7 --scope groups:2 --flush --warm-up 1 --cold first-free|--contract sequential|\
    --contract sequential:ascending}
simulate cache in/markov.h5 --contract sequential:resident {|--policy lru,opt|--policy lru|--json}
simulate cache in/f0.h5 --where language=de --where language=en
simulate cache in/small.h5 --capacity={0|3-1|x|1,|-1|0%|101%|5-|9999999|0GiB|-1MB|GiB|1ZB|1e999GB|1GiB}
simulate cache in/small.h5 --policy={fastest|lru:x=1|lru,lru|ema:halflife|ema:=3||halflife=3|ema:halflife=3,halflife=4}
simulate cache in/small.h5 {--scope layer|--scope groups:0|--scope groups:0-x|--scope groups:/1|--scope groups:0,2/|--admission bypass --policy opt|\
    --admission bypass --policy lru|--contract sequential:best|--admission never|--cold warm|--batch 0|--flush --batch 2|--flush --prefill-chunk 16|\
    --json --csv|--hdf5|--sites 1-}
simulate cache in/small.h5 {--flush --cold preload:in/some.json|--prefetch previous --cold preload:in/some.json|--quotas --scope global|\
    --quotas --reroute prior|--scope groups:0-1/1-2|--scope groups:0-1/7,8|--where topic=x|--sites 9}
simulate cache in/small.h5 --expert-bytes={0|-1|big|3XB|nan|7|2M|'1.5 KiB'}
simulate cache {in/no.h5|in/text.h5|in/M.h5 --capacity 1GiB|in/M.h5 --expert-bits 4|in/M.h5 --hardware phone|in/M.h5 in/B.h5}
# modelled time
simulate cache in/small.h5 --capacity 2 --expert-bytes 10MB --dense-ms 6 --hardware in/hand.json{|+in/lane.json} {|--level 1|--level 0} {|--json}
simulate cache in/f0.h5 --hardware {desktop-4090|desktop-4090-cpu|phone|server-h100|nvme4+rtx-3090|\
    pcie4-x16+rtx-4090+desktop-ddr5} --capacity 1MiB,25%
simulate cache in/f0.h5 --hardware phone --policy lru --batch 4 {--csv|--json|-o out/time.h5|--expert-bits 4.5|--level 1}
simulate cache in/small.h5 --model in/config.json {--capacity 18MB|--capacity 26.9MB|--capacity 27MB,1|--capacity 6MB --scope global|\
    --capacity 8.9MB|--expert-bits 4 --json|--hardware desktop-4090}
simulate cache in/small.h5 --model in/gpt.json --expert-bits 8 --hardware desktop-4090 {|--dense-ms 3|--level 0}
simulate cache in/small.h5 {--hardware abacus|--hardware ''|--hardware pcie4-x16|--hardware no.json|--hardware in/broken.json|--level 2|--dense-ms 3|\
    --hardware phone --prefill-chunk 4|--model no.json|--model in/text.h5}
simulate cache in/small.h5 --hardware phone {--level=3|--level=-1|--level=two|--level=1.0|--dense-ms=0|--dense-ms=-3|--dense-ms=x|--dense-ms=nan|\
    --dense-ms=inf|--dense-ms=3ms}
simulate cache in/small.h5 --expert-bits={0|65|x|-4}
# prefetches
simulate cache in/small.h5 --policy lru --capacity {2|3} --prefetch {oracle|previous|transition:horizon=2|static|eam} {|--json}
simulate cache in/small.h5 --policy lru --capacity 2 --expert-bytes 10MB --dense-ms 6 --hardware in/hand.json --level 3 --prefetch oracle,static \
    {|--json}
simulate cache in/f0.h5 --expert-bytes 3MB --capacity 8,16 --prefetch previous,transition:budget=1 --prefetch oracle:recall=0.5 {|--hardware \
    desktop-4090-cpu --dense-ms 3|--hardware desktop-4090 --dense-ms 3 --level 1|--csv|-o out/prefetch.h5}
simulate cache in/f0.h5 --capacity 8 --prefetch eam:library=4,previous:n=2,evict=any --policy lru,arc --chunks 4 --hardware phone
simulate cache in/small.h5 {--prefetch ''|--prefetch nobody|--prefetch recorded|--prefetch previous,previous|--prefetch previous --prefetch previous|\
    --prefetch oracle:recall=nan|--chunks 2|--hardware phone --level 3}
simulate cache in/small.h5 --prefetch previous:{horizon=0|horizon=x|horizon=1.5|n=-1|budget=-1|evict=all|evict=never/any|recall=1|horizon|=1|\
    horizon=1,horizon=2|horizon=3|horizon=4}
simulate cache in/small.h5 --prefetch previous {--batch 2|--policy static|--policy opt,arc|--contract sequential|--admission bypass|\
    --cold first-free|--warm-up 99|--chunks=0|--chunks=x|--chunks=-1|--chunks=5000}
simulate cache in/small.h5 --prefetch eam --batch 2
# rerouting
simulate cache in/slice.h5 --capacity 4,8,16 --expert-bytes 1MiB --batch 2 --warm-up 3 --policy lru,arc --reroute lambda=0/0.2,keep=2 {|--json|--csv|\
    -o out/reroute.h5}
simulate cache in/slice.h5 --reroute {cumulative --expert-bytes 1MiB|prior --policy all --capacity 8|max_rank:rank=8|prior --latex}
simulate cache in/slice.h5 --reroute={|x|prior:|lambda=|lambda=1,|lambda=-1|lambda=1e400|prior:lambda|lambda=1,lambda=2|lambda=1/1|rank=3|\
    max_rank:rank=1.5|tolerance=2|keep=-1|cumulative:share=2}
simulate cache in/slice.h5 --reroute=prior {--policy opt|--policy lru --admission bypass|--capacity 0|--hardware phone|--prefetch previous|\
    --cold preload:in/some.json}
simulate cache in/{M|ragged}.h5 --reroute {lambda=0.1|lambda=0.1,tolerance=1}
simulate cache in/small.h5 --by-phase {--policy lru,opt|--prefill-chunk 16 --capacity 4 --json|--phase prompt}
simulate cache in/small.h5 --by-expert --policy lru --capacity {1|2|50%} {|--json|--flush|--scope global --csv|--by-phase}
simulate cache in/small.h5 --by-expert {|--policy lru|--policy lru,opt --capacity 2|--policy static --capacity 2|--policy lru --capacity 1,2|\
    --policy lru --capacity 2 --contract sequential|--policy lru --capacity 2 --reroute prior}
# fewer experts a token
simulate topk in/slice.h5 {|--keep 1-4 --share none --json|--share 0.5,0.9 --probability 0.5,1 --csv|--capacity none --expert-bytes 1MiB|\
    --policy lru,opt --batch 2 --capacity 8|--latex|-o out/fewer.h5|--keep 9}
simulate topk in/slice.h5 {--keep=0|--keep=2-1|--keep=x|--share=0|--share=1.5|--probability=x|--capacity=0|--policy=best}
simulate topk in/M.h5 {--keep 2|--probability 0.5}
# simulate placement
simulate placement in/f0.h5 --gpus 8 {|--nodes 2 --score-learning|--planner eplb,joint --batch 3 --json|--replicas 8 --per-site --csv|--latex|\
    -o out/placed.h5|-o out/placed.json|--groups 4 --nodes 2 --planner eplb,eplb_global}
simulate placement in/f0.h5 --gpus 4 --where language=de --sites 0-2 --skip-first 1 --threads 1 {|--load-cap 1.5 --planner coactivation|\
    --weights 1,0,0.5 --planner joint|--dispatch local-first --home sequence --windows 64,512|--expert-bytes 27MiB}
simulate placement in/f0.h5 --gpus 4 --replicas 4 --planner {contiguous|eplb|eplb_global|lpt_swap|coactivation|cross_layer|\
    joint} --export out/plan.json {|--export-form sglang|--export-form list}
simulate placement in/f0.h5 --gpus 4 --replicas 4 --planner eplb --plan in/{full.json|sglang.json|list.json|full.json --plan in/list.json} {|--json}
simulate placement in/f0.h5 {--gpus 0|--gpus x|--gpus 8 --nodes 3|--gpus 8 --planner best|--gpus 8 --planner eplb,eplb|--gpus 8 --export out/x.json|\
    --gpus 8 --planner eplb,joint --export out/x.json|--gpus 8 --export-form yaml|--gpus 2 --planner eplb --export no/x.json}
simulate placement in/f0.h5 --gpus 8 {--dispatch any|--home any|--windows 0|--windows x|--load-cap 0.9|--load-cap nan|--batch 0|--groups 0|\
    --groups 5|--replicas 3|--expert-bytes big|--sites 9|--where topic=x|--plan in/no.json|--plan in/M.h5|--plan in/full.json}
simulate placement in/f0.h5 --gpus 8 --weights={1,1|1,1,1,1|0,0,0|1,-1,1|1,x,1||1,inf,1}
simulate placement in/{no.h5|text.h5|small.h5|M.h5 --sites 1} --gpus 5
# figures
figure load in/f0.h5 -o out/figure.{pdf|svg|png} {|--where language=de|--where language=de --against all --width 3.5in --font-size 8 --alone}
figure load in/M.h5 -o out/options.pdf --metric share --sort load --colour batlow --scale log2 --limits 0.001,0.1 --reducer mean --title Title \
    --x-label X --y-label Y --value-label V --height 60mm --threads 1 --json
figure load in/M.h5 -o out/options.{png --dpi 150|svg --color vik --metric ratio|pdf --sort id --font 'Liberation Sans' --reducer extreme}
figure load {--spec in/spec.json|--spec in/spec.json --title Again --where language=en|in/f1.h5 --spec in/other_spec.json} -o out/sub/spec.{pdf|\
    svg} {|--json}
QT_SCALE_FACTOR=2 TZ=Asia/Tokyo LC_ALL=de_DE.UTF-8 SOURCE_DATE_EPOCH=86400 figure load --spec in/spec.json -o out/elsewhere.pdf
figure {load in/no.h5|load in/text.txt|load --spec in/no.json|load --spec in/text.txt|load --spec in/config.json|load --spec in/other_spec.json|load|\
    expert in/f0.h5} -o out/x.pdf
figure load in/f0.h5 -o out/x.pdf {--where lang=de|--where language=xx|--where de|--width wide|--width 1mm|--colour jet|--limits 3|--limits 3,1|\
    --metric x|--against x|--sort x|--scale x|--reducer x|--font Nope|--font-size 0|--dpi 1|--title 専|--threads x}
figure load in/f0.h5 {-o out/x.bmp|-o no/such/x.pdf|-o in|}
bare figure load in/f0.h5 -o out/x.pdf
# synth
synth {uniform --tokens 500 --length 70 --sites 3 --labels 2 --vocab 1000 --zipf 0.5|planted --sequences 1e2 --length 10|\
    markov --tokens 1k --length 99 --sites 3|W2 --tokens 100|exflow --tokens 200|U --sequences 1|B --logits --weights --length 16|\
    m --sequences 3 --length 100 --sites 2 --weights} -o out/made.h5 --force {--threads 1|--threads 2 --json}
synth {uniform --tokens 1 --sites 1 --experts 1 --top-k 1|W1 --tokens 500|W3 --tokens 40|W4 --tokens 40|\
    U --experts 8 --top-k 8 --length 40 --logits} -o out/made.h5 --force
synth {U|U --experts 0|W1 --top-k 65|planted --top-k 0|uniform --tokens 0|uniform --tokens=-5|uniform --tokens 1.5|uniform --tokens many|\
    markov --stay nan|markov --stay 1.01|markov --seed -1|markov --sites 16385|W1 --tokens 5G} -o no/bad.h5
synth {uniform --tokens 1e12 --length 1|uniform --tokens 1e12|uniform --sites 16384 --experts 65534 --top-k 4096|\
    markov --sites 16384 --experts 65534 --topics 65536|M --sequences 1M --length 1M|planted --sequences 3 --json|planted --favour 1} -o out/bad.h5
synth {V -o out/x.h5|U|-o out/x.h5|U -o out/x.h5 --stay 1|uniform -o out/x.h5 --logits|U -o in|U -o in/M.h5|U -o in/M.h5 --json|U -o in/leftover.h5|\
    uniform --tokens 1G --length 0 --sites 16384 -o out/x.h5|uniform --tokens 1G --length 0 --sites 300 -o out/x.h5}
# capture: by itself, and by way of expertscope
expertscope-capture --model in/tiny --prompts in/few.jsonl -o out/t.h5 --force --threads 1 {|--json|--logits --loss --json|\
    --max-length 50 --max-tokens 120 --json|--sites 0,2 --batch-tokens 64 --dtype bf16|--max-length 40}
expertscope-capture --model in/model --threads 1 --prompts in/{text.txt|demo.jsonl|folder} -o out/t.h5 --force
capture --model in/tiny --prompts in/many.jsonl --batch-tokens 512 --threads 1 --resume -o in/stopped.h5
capture --model in/tiny --prompts in/few.jsonl --threads 1 {-o out/t.h5 --force|--discard --json|-o in/tiny.h5|-o in/tiny.h5 --resume|\
    -o in/M.h5 --resume}
expertscope-capture --model m --prompts p -o out/x.h5 {--fast|--device tpu|--dtype int4|--batch-tokens 0|--batch-tokens -1|--threads many|\
    --resume --force|--discard}
expertscope-capture --model in/tiny {--prompts in/few.jsonl|-o out/x.h5}
expertscope-capture --model in/tiny --prompts in/few.jsonl --sites {0-|2-1|0,x|0,3|70000} -o out/x.h5
expertscope-capture --model in/tiny --prompts in/few.jsonl {-o /nonexistent/trace.h5|-o in|-o out/x.h5 --device cuda|-o out/x.h5 --json --sites 9}
expertscope-capture --model in/tiny -o out/x.h5 --prompts {/nonexistent|in/bad_beyond.jsonl|in/bad_negative.jsonl|in/bad_huge.jsonl|\
    in/bad_fraction.jsonl|in/bad_none.jsonl|in/bad_ids_text.jsonl|in/bad_neither.jsonl}
expertscope-capture --model in/tiny -o out/x.h5 --prompts in/bad_{no_json|cut|array|labels|latin|blank|needs_tokenizer}.jsonl
expertscope-capture --prompts in/few.jsonl -o out/x.h5 --model in/{no_config|cut_config|no_weights|cut_header|cut_data|empty_weights|no}
"""

ROOT = Path(__file__).resolve().parents[2]
DEMO, DATA = ROOT / "resources/demo", ROOT / "tests/data"
MAKERS = re.compile("synth|capture|expertscope-capture")  # these commands make traces
# Numbers that a clock or the disk decides, on stdout and stderr of MAKERS.
TIMES = [
    (rb"made in [0-9.]+ (s|min)", b"made in TIME"),
    (rb" tokens in .* \([0-9,]+ tokens/s\)", b" tokens in TIME"),
    (rb'"((?:[a-z]+_)*(?:seconds|seconds_left|tokens_per_second|peak_memory_bytes))":[-+.0-9e]+', rb'"\1":0'),
    (rb'\{"event":"progress"[^\n]*\n', b""),
    (rb"[0-9]+ GB are free", b"N GB are free"),
]
# What a new trace has of its making: the attributes `uuid`, drawn at random, and `created`, the time; `command_line` has the
# folder of the executables, whose length moves addresses. HDF5 keeps check sums beside them, so where files that MAKERS wrote
# differ, what h5dump prints of them (values, types, filters, stored sizes) is compared. All other files are compared as they are.
MAKING = [
    (rb"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", b"UUID"),
    (rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", b"CREATED"),
    (rb'DATASET [0-9]+ "', b'DATASET ADDRESS "'),
]
MACHINE = """{"kind": "machine", "name": "hand", "title": "by hand", "source": "hardware.md",
"link": {"name": "wire", "bytes_per_second": %s}, "gpu": {"name": "card", "bytes_per_second": 1e10}}"""
FILES = {
    "text.h5": "not a trace\n", "text.txt": "One line.\nAnother line, of a few words more.\n\nThe third.\n",
    "hand.json": MACHINE % "1e9", "broken.json": MACHINE % '"fast"',
    "lane.json": '{"kind": "cpu", "name": "lane", "title": "by hand", "source": "hardware.md", "bytes_per_second": 2.5e9}',
    "config.json": """{"model_type": "mixtral", "hidden_size": 1000, "intermediate_size": 500, "num_hidden_layers": 3,
        "num_attention_heads": 10, "num_key_value_heads": 10, "head_dim": 100, "vocab_size": 2000, "num_local_experts": 4,
        "num_experts_per_tok": 2, "torch_dtype": "bfloat16"}""",
    "gpt.json": '{"model_type": "gpt_oss", "hidden_size": 10, "intermediate_size": 10}',
    "preload.json": "[[0, 1], [1, 0], [0, 1]]", "some.json": "[[0, 1], [], [0]]", "no_lists.json": '{"a": 1}',
    "more.json": "[[0, 1, 2, 3], [0, 1, 2, 3], [3, 2]]", "beyond.json": "[[9], [], []]", "few_lists.json": "[[0]]",
    "bad_beyond.jsonl": '{"token_ids": [1, 96]}', "bad_negative.jsonl": '{"token_ids": [1]}\n{"token_ids": [-1]}',
    "bad_huge.jsonl": '{"token_ids": [1099511627776]}', "bad_fraction.jsonl": '{"token_ids": [1.5]}',
    "bad_none.jsonl": '{"token_ids": []}', "bad_ids_text.jsonl": '{"token_ids": "1 2"}', "bad_blank.jsonl": "\n ",
    "bad_neither.jsonl": '{"name": "x"}', "bad_no_json.jsonl": '{"token_ids": [1]}\nhello', "bad_array.jsonl": "[1, 2]",
    "bad_cut.jsonl": '{"token_ids": [1, 2', "bad_labels.jsonl": '{"token_ids": [1], "labels": 3}',
    "bad_latin.jsonl": '{"token_ids": [1], "name": "\udcff"}', "bad_needs_tokenizer.jsonl": '{"text": "hello"}',
}
# What the old executables make; LIMIT=N: they are killed when a file has N bytes, as by kill -9 at just that moment.
MADE = r"""
synth M --weights -o in/M.h5
synth B --weights -o in/B.h5
synth M --sequences 4 --length 64 --logits --weights -o in/logits.h5
synth planted --sequences 16 --length 64 --experts 16 --top-k 4 -o in/domains.h5
synth markov --tokens 1500 --length 250 --sites 6 --experts 16 --top-k 2 -o in/markov.h5
synth uniform --tokens 5 --length 0 --sites 3 --experts 4 --top-k 2 -o in/small.h5
synth U --sequences 2 --length 50 -o in/{gone.h5|'a trace.h5'}
LIMIT=500000 synth U --sequences 20 --length 1500 --threads 1 -o in/{killed|inway|leftover}.h5
LIMIT=600000 synth U --sequences 20 --length 1500 --threads 1 -o in/{again|incomplete}.h5
LIMIT=60000 synth U --sequences 20 --length 1500 --threads 1 -o in/early.h5
repair in/incomplete.h5
analyze in/M.h5 --shard {1/3 -o in/fit-1.esp|2/3 -o in/fit-2.esp|3/3 -o in/fit-3.esp|2/3 --skip-first 1 -o in/skip-2.esp|1/2 -o in/two-1.esp}
analyze in/f0.h5 --by language --bootstrap 5 --metric load --metric repetition --sites 0-1,3 --skip-first 2 \
    --shard {1/2 -o in/by-1.esp|2/2 -o in/by-2.esp}
analyze in/gone.h5 --metric load --shard 1/1 -o in/gone.esp
figure load in/f0.h5 -o in/spec.pdf --where language=de --against all --width 3.5in --font-size 8
simulate placement in/f0.h5 --gpus 4 --replicas 4 --planner eplb --export in/full.json
simulate placement in/f0.h5 --gpus 4 --replicas 4 --planner joint --export in/{sglang.json --export-form sglang|\
    list.json --export-form list}
expertscope-capture --prompts in/demo.jsonl --model in/model --logits --loss --threads 1 -o in/captured.h5
expertscope-capture --prompts in/few.jsonl --model in/tiny --threads 1 -o in/tiny.h5
LIMIT=75000 expertscope-capture --prompts in/many.jsonl --model in/tiny --threads 1 --batch-tokens 512 -o in/{stopped|torn}.h5
"""
# Checkpoints that capture refuses: a file of them, and the length that it is cut to; None: removed.
BAD_CHECKPOINTS = {"no_config": ("config.json", None), "cut_config": ("config.json", 100),
                   "no_weights": ("model.safetensors", None), "empty_weights": ("model.safetensors", 0),
                   "cut_header": ("model.safetensors", 200), "cut_data": ("model.safetensors", 40000)}
PROGRAMS = ("expertscope", "expertscope-capture", "expertscope-desktop", "bare")
Result = namedtuple("Result", "status out err files")  # files: name -> content, None: removed


def commands(text):
    """The lines of COMMANDS or MADE, written out."""
    for line in re.sub(r"\\\n\s*", "", text).strip().splitlines():
        if line.startswith("#"):
            continue
        parts = re.split(r"\{(.*?)\}", line)
        for chosen in itertools.product(*(part.split("|") if i % 2 else [part] for i, part in enumerate(parts))):
            yield " ".join("".join(chosen).split())


def parse(command):
    """Environment, program and arguments of a command."""
    words, environment = shlex.split(command), {}
    while words and re.match(r"[A-Z_]+=", words[0]):
        name, environment[name] = words.pop(0).split("=", 1)
    return environment, words.pop(0) if words and words[0] in PROGRAMS else "expertscope", words


def needed(command):
    """The executable without which the command cannot run."""
    _, program, words = parse(command)
    return f"expertscope-{words[0]}" if words and words[0] in ("capture", "desktop") else program.replace("bare", PROGRAMS[0])


class Side:
    """The executables of one state and the folder that they work in."""

    def __init__(self, executables, folder):
        self.executables, self.folder, self.work = executables, folder, folder / "work"
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder / "home"), "XDG_CACHE_HOME": str(folder / "cache"),
            "XDG_RUNTIME_DIR": str(folder / "run"),
            "SOURCE_DATE_EPOCH": "1700000000", "TZ": "UTC", "LC_ALL": "C.UTF-8", "QT_QPA_PLATFORM": "offscreen",
            "COLUMNS": "80"}
        for name in ("home", "cache", "work/in", "work/out/sub", "bare/bin", "run"):
            (folder / name).mkdir(parents=True)
        (folder / "run").chmod(0o700)  # Qt looks

    def files(self):
        paths = [os.path.join(at, name) for at, _, names in os.walk(self.work) for name in names]
        states = {os.path.relpath(path, self.work): os.lstat(path) for path in paths}
        return {name: (s.st_ino, s.st_size, s.st_mtime_ns) for name, s in states.items()}

    def run(self, command):
        environment, program, words = parse(command)
        limit = int(environment.pop("LIMIT", 0))
        if program == "bare":  # far from the libraries that lie beside it
            program, executable = "expertscope", self.folder / "bare/bin/expertscope"
            shutil.copy2(self.executables / program, executable)
        else:
            executable = self.executables / program

        def killed_at_limit():
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        before = self.files()
        try:
            done = subprocess.run(
                [program, *words], executable=executable, cwd=self.work, env=self.environment | environment,
                stdin=subprocess.DEVNULL, capture_output=True, timeout=300, preexec_fn=killed_at_limit if limit else None)
        except subprocess.TimeoutExpired:
            return Result("none within 300 s", b"", b"", {})
        after = self.files()
        written = {name: (self.work / name).read_bytes() for name, state in after.items() if before.get(name) != state}
        return Result(done.returncode, self.neutral(done.stdout, command), self.neutral(done.stderr, command),
                      written | dict.fromkeys(before.keys() - after.keys()))

    def neutral(self, text, command=""):
        """Without what says where the executables and their folder are, and how long they took."""
        text = text.replace(os.fsencode(self.executables), b"BIN").replace(os.fsencode(self.folder), b"FOLDER")
        for pattern, instead in TIMES if MAKERS.match(command) else []:
            text = re.sub(pattern, instead, text)
        return text

    def dump(self, hdf5):
        """What h5dump says of a trace, but for its name and what MAKING masks; the file itself if that is no trace."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(hdf5)
            file.flush()
            done = subprocess.run(["h5dump", "-p", "-m", "%.17g", file.name], capture_output=True)
        if done.returncode != 0:
            return hdf5
        text = self.neutral(done.stdout.replace(os.fsencode(file.name), b"FILE"))
        for pattern, instead in MAKING:
            text = re.sub(pattern, instead, text)
        return text

    def cached(self):
        """The results in the cache, whose names depend on the executable."""
        found = sorted(self.folder.glob("cache/expertscope/results/*"), key=lambda path: path.read_bytes())
        return Result(0, b"".join(hashlib.sha256(path.read_bytes()).hexdigest().encode() + b"\n" for path in found), b"", {})


def resealed(shard, change=lambda state: state, **changes):
    """A part of an analysis with another state or other members of its header, and the check sum of that."""
    size = int.from_bytes(shard[12:16], "little")
    header = json.dumps(json.loads(shard[16:16 + size]) | changes, separators=(",", ":")).encode()
    state = change(shard[24 + size:-64])
    body = shard[:12] + len(header).to_bytes(4, "little") + header + len(state).to_bytes(8, "little") + state
    return body + hashlib.sha256(body).hexdigest().encode()


def make_inputs(side, captures):
    """Fills in/ of a folder; all that is random or of this moment in them is the same for both sides."""
    into = side.work / "in"
    for name, text in FILES.items():
        (into / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    for i, trace in enumerate(sorted((DEMO / "formation").glob("*.h5"))[::2]):
        shutil.copy(trace, into / f"f{i}.h5")
    for name, trace in (("slice.h5", "demo_slice.h5"), ("ragged.h5", "ragged.h5")):
        shutil.copy(DATA / "analysis" / trace, into / name)
    (into / "model").symlink_to(DEMO)
    (into / "tiny").symlink_to(DATA / "checkpoints/olmoe-plain")
    for name, (victim, length) in BAD_CHECKPOINTS.items():
        (into / name).mkdir()
        for file in ("config.json", "model.safetensors"):
            content = (into / "tiny" / file).read_bytes()
            if file != victim or length is not None:
                (into / name / file).write_bytes(content[:length] if file == victim else content)
    prompts = (DEMO / "prompts.jsonl").read_bytes().splitlines(keepends=True)
    (into / "demo.jsonl").write_bytes(b"".join(prompts[::30][:5]))
    documents = "".join(json.dumps({"token_ids": [(7 * i + 13 * j) % 96 for j in range(3 + 40 * i)], "name": f"d{i}",
                                    "labels": {"parity": str(i % 2)}}) + "\n" for i in range(5))
    (into / "few.jsonl").write_text(documents)
    (into / "many.jsonl").write_text(documents * 16)
    (into / "folder").mkdir()
    for name in ("one.txt", "two.txt"):
        (into / "folder" / name).write_text(f"A document of a folder, {name}.\n")
    for command in commands(MADE):
        if needed(command) == "expertscope-capture" and not captures:
            continue
        done = side.run(command)
        if done.status != (-signal.SIGXFSZ if command.startswith("LIMIT=") else 0):
            sys.exit(f"input not made: {command}: status {done.status}: {done.err.decode()}")
    shutil.copy(into / "small.h5", into / "inway.h5")
    part = (into / "fit-1.esp").read_bytes()
    hurt = {"cut": part[:-100], "hurt": part[:200] + bytes([part[200] ^ 1]) + part[201:], "long": part + b"x",
            "magic": part[:12] + b"\xff" * 4 + part[16:],
            "short_state": resealed(part, lambda state: state[:-9]), "long_state": resealed(part, lambda state: state + b"x"),
            "options": resealed(part, metrics=["loaf"]), "header": resealed(part, part=70001, parts=70002),
            "version": resealed(part, program="9.9"), "uuid": resealed(part, uuid="x")}
    for name, content in hurt.items():
        (into / f"{name}.esp").write_bytes(content)
    (into / "gone.h5").unlink()
    (into / "other_spec.json").write_text((into / "spec.json").read_text().replace("f0.h5", "f1.h5"))


def differences(command, old, new, sides):
    """(what, old, new) of all that is not the same."""
    for what in ("status", "out", "err"):
        if getattr(old, what) != getattr(new, what):
            yield {"out": "stdout", "err": "stderr"}.get(what, what), getattr(old, what), getattr(new, what)
    for name in sorted(old.files.keys() | new.files.keys()):
        a, b = (result.files.get(name, "not written") for result in (old, new))
        if a != b and MAKERS.match(command) and isinstance(a, bytes) and isinstance(b, bytes):
            a, b = sides[0].dump(a), sides[1].dump(b)
        if a != b:
            yield name, a, b


def show(what, old, new):
    if not (isinstance(old, bytes) and isinstance(new, bytes)):
        old, new = ("removed" if x is None else f"{len(x)} bytes" if isinstance(x, bytes) else x for x in (old, new))
        print(f"    {what}: {old}, now {new}")
        return
    try:
        texts = [x.decode() for x in (old, new)]
    except UnicodeDecodeError:
        texts = ["\0"]
    if any("\0" in text for text in texts):
        first = next((i for i, (a, b) in enumerate(zip(old, new)) if a != b), min(len(old), len(new)))
        print(f"    {what}: {len(old)} bytes, now {len(new)}; the first that differs is byte {first}")
        return
    lines = [[line[i:i + 150] for line in text.splitlines() for i in range(0, max(len(line), 1), 150)] for text in texts]
    for line in itertools.islice(difflib.unified_diff(*lines, f"old {what}", f"new {what}", n=1, lineterm=""), 20):
        print("    " + line)


def run_all(side, names):
    """Name -> result of all commands, also written to LABEL.log."""
    shutil.copytree(side.folder.parent / "inputs/work/in", side.work / "in", symlinks=True, dirs_exist_ok=True)
    results = {}
    for name in names:
        results[name] = side.run(name)
        if name.startswith(("analyze", "compare")):
            results[name + "  # again"] = side.run(name)
    results["# results in the cache"] = side.cached()
    with open(side.folder.with_suffix(".log"), "wb") as log:
        for name, result in results.items():
            log.write(f"$ {name}\n[{result.status}; {' '.join(sorted(result.files))}]\n".encode() + result.out + result.err)
    return results


def main():
    parser = argparse.ArgumentParser(description="Compares what two builds of expertscope say and write.")
    parser.add_argument("old", type=Path, metavar="OLD_BIN_DIR")
    parser.add_argument("new", type=Path, metavar="NEW_BIN_DIR")
    parser.add_argument("--only", default="", metavar="REGEX", help="only commands that hold this")
    parser.add_argument("--list", action="store_true", help="print the commands and end")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave what was written in this new folder")
    options = parser.parse_args()
    old, new = options.old.resolve(), options.new.resolve()
    names = [name for name in dict.fromkeys(commands(COMMANDS)) if re.search(options.only, name)]
    if options.list:
        print("\n".join(names))
        return 0
    if not shutil.which("h5dump"):
        sys.exit("h5dump is needed (Debian: hdf5-tools)")
    there = {program for program in PROGRAMS if (old / program).exists() and (new / program).exists()}
    left_out = [name for name in names if needed(name) not in there]
    if left_out:
        print(f"{len(left_out)} commands left out: not in both folders: {', '.join(sorted(set(map(needed, left_out))))}")
    names = [name for name in names if needed(name) in there]
    if options.keep:
        options.keep.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        base = (options.keep or Path(folder)).resolve()
        make_inputs(Side(old, base / "inputs"), "expertscope-capture" in there)
        sides = Side(old, base / "old"), Side(new, base / "new")
        with ThreadPoolExecutor(2) as pool:
            before, after = pool.map(run_all, sides, [names] * 2)
    differ, expected = 0, 0
    for name in before:
        found = list(differences(name, before[name], after[name], sides))
        if not found:
            continue
        differ += 1
        reason = next((why for pattern, why in EXPECTED_DIFFERENCES.items() if re.search(pattern, name)), None)
        if reason:
            expected += 1
            print(f"{name or 'expertscope'}\n    differs, as expected: {reason}")
            continue
        print(name or "expertscope")
        for difference in found:
            show(*difference)
    print(f"{len(before)} compared, {differ} differ ({expected} as expected)")
    return 1 if differ > expected else 0


if __name__ == "__main__":
    sys.exit(main())
