// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands/cache_options.h"

#include "analysis/study/trace_analysis.h"
#include "app/cli/terminal/table.h"

namespace expertscope {

void addServing(Arguments& arguments, CacheOptions& cache)
{
    arguments.option("--scope", cache.scope,
        "What shares a pool: per-site (default), global, groups:N consecutive sites, or groups:0-3/4-11");
    arguments.option("--contract", cache.service,
        "atomic, or sequential[:router, :ascending, :resident, :random]; default: atomic");
    arguments.option("--admission", cache.admission, "forced (default: what is loaded stays) or bypass");
    arguments.option("--cold", cache.cold,
        "empty (default); first-free: filling free slots is no miss; preload:FILE.json: lists of experts, "
        "[[3,0],...]");
    arguments.option("--batch", cache.batch, "Sequences that decode side by side; default: 1").range(1u, 1u << 20);
    arguments.option("--prefill-chunk", cache.prefillChunk, "Prompts come in chunks of so many tokens");
    arguments.flag("--flush", cache.flush, "Empty the cache between sequences");
    arguments.option("--warm-up", cache.warmUp, "Leading steps that are served but not counted");
    arguments.option("--expert-bytes", cache.expertBytes,
        "Weights of one expert, such as 27MiB; default: as the model's config.json says");
    arguments.option("--expert-bits", cache.time.expertBits, "Bits of an element of an expert, such as 4.5");
    arguments.option("--model", cache.time.model, "config.json that gives sizes; default: the trace's own");
    arguments.option("--seed", cache.seed, "Of random orders and random policies; default: 1");
    arguments.option(
        "--shuffle", cache.shuffle, "Sequences enter in an order of this seed; default: as recorded");
}

std::string cacheHead(const Study& study, const CacheServing& serving, const std::string& run, std::size_t width)
{
    return wrapped(describe(serving.contract) + "; " + run, width, 2)
        + wrapped(headingOf(study, 0, serving.scope), width, 2);
}

}
