// SPDX-License-Identifier: GPL-3.0-or-later
//
// Segment cache best hit rate (metrics 1.2): the figure of arXiv 2505.16056 over the cache's size; both definitions
// that carry the name, and the caches that its authors compare with, in the same frame.
#include "views/charts/kinds/curve_table.h"

namespace expertscope {

ChartSpec schChart()
{
    return curvesChart({
        .name = "sch",
        .title = "Segment cache (SCH)",
        .definition =
            "Hit rate of a cache of rho k experts that knows the next m tokens, over its size, m or layers; the "
            "same of LRU, LFU and Belady",
        .quantities = {{"sch", "sch.hit_rate", "SCH, hit rate", "evicts what the next m tokens use least"},
            {"cover", "sch_cover.hit_rate", "SCH as first defined, share covered",
                "of the choices in a window of m tokens those of its rho k most used experts"},
            {"lru", "sequence_cache.lru", "Hit rate, LRU", "evicts the least recently used"},
            {"lfu", "sequence_cache.lfu", "Hit rate, LFU", "evicts the least frequently used"},
            {"belady", "sequence_cache.belady", "Hit rate, Belady", "evicts what is needed last: the optimum"}},
        .parameters = {{"m", "Segments"}, {"rho", "Cache / k", nullptr, "ρ"}},
        .axes = {{"rho", "Cache size ρ (experts / k)"}, {"m", "Segment length m (tokens)"}},
        .over = "rho",
    });
}

}
