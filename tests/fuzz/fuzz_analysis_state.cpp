// SPDX-License-Identifier: GPL-3.0-or-later
//
// The saved state of a metric, damaged: what `expertscope merge` reads. The first byte chooses the metric, then four
// bytes each say where (three of them) what byte is written; one byte left over cuts the state short.
#include "analysis/metrics/analyse.h"
#include "tests/support/labelled_trace.h"

#include <cstdlib>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

struct Saved
{
    AnalysisRequest request;
    std::string state;
};

/// Each metric alone; by label; by label with intervals.
std::vector<Saved> statesOf(MemoryTrace& trace)
{
    std::vector<Saved> all;
    for (const MetricSpec& spec : metricRegistry()) {
        if (spec.twoPasses || spec.minTraces > 1)
            continue;
        for (unsigned variant = spec.needsLabel ? 1 : 0; variant < 3; ++variant) {
            Saved saved;
            saved.request.metrics = {{spec.name}};
            saved.request.simulateUniform = false;
            saved.request.by = variant > 0 ? "language" : "";
            saved.request.bootstrap = variant > 1 ? 3 : 0;
            auto analysis = Analysis::prepare(trace.shape(), saved.request);
            if (!analysis || !analysis->run(trace))
                continue; // cannot be had so
            saved.state = analysis->save().value();
            if (!saved.state.empty()) // else this trace lacks what it needs
                all.push_back(std::move(saved));
        }
    }
    return all;
}

}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static MemoryTrace trace = labelledTrace(1);
    static const std::vector<Saved> all = statesOf(trace);
    if (size == 0)
        return 0;
    const Saved& saved = all[data[0] % all.size()];
    std::string state = saved.state;
    std::size_t at = 1;
    for (; at + 4 <= size; at += 4) {
        const std::size_t where = data[at] | data[at + 1] << 8 | data[at + 2] << 16;
        state[where % state.size()] = static_cast<char>(data[at + 3]);
    }
    if (at < size)
        state.resize(state.size() * data[at] / 256);
    auto analysis = Analysis::prepare(trace.shape(), saved.request);
    if (!analysis)
        std::abort();
    if (analysis->absorb(state) && !analysis->results(trace))
        std::abort();
    return 0;
}
