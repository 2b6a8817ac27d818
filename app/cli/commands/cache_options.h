// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the commands that replay caches have in common.
#pragma once

#include "analysis/what_if/serving.h"
#include "app/cli/arguments.h"

namespace expertscope {

/// How a cache serves and how large an expert is: --scope, --contract, --admission, --cold, --batch, --prefill-chunk,
/// --flush, --warm-up, --expert-bytes, --expert-bits, --model, --seed, --shuffle.
void addServing(Arguments& arguments, CacheOptions& cache);

/// What stands over tables: the contract, what was replayed, and of which trace.
std::string cacheHead(const Study& study, const CacheServing& serving, const std::string& run, std::size_t width);

}
