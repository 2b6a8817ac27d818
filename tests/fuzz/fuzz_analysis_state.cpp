// SPDX-License-Identifier: GPL-3.0-or-later
//
// The saved state of a metric, damaged: what `expertscope merge` reads. The first byte chooses the metric, then four
// bytes each say where (three of them) what byte is written; one byte left over cuts the state short.
#include "../analysis/synthetic_trace.h"
#include "analysis/analyse.h"

#include <cstdlib>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

MemoryTrace makeTrace()
{
    MemoryTrace trace(3, 12, 3);
    for (const unsigned length : {17u, 0u, 40u, 5u})
        trace.addSequence(length);
    trace.addLabel("language", {"a", "b", "a", ""});
    fillUniform(trace, 1);
    return trace;
}

struct Saved
{
    AnalysisRequest request;
    std::string state;
};

std::vector<Saved> statesOf(MemoryTrace& trace)
{
    std::vector<Saved> all;
    for (const MetricSpec& spec : metricRegistry()) {
        if (spec.twoPasses || spec.minTraces > 1)
            continue;
        Saved saved;
        saved.request.metrics = {{spec.name}};
        saved.request.simulateUniform = false;
        saved.request.by = spec.needsLabel ? "language" : "";
        auto analysis = Analysis::prepare(trace.shape(), saved.request);
        if (!analysis || !analysis->run(trace))
            continue; // needs what this trace lacks
        saved.state = analysis->save().value();
        all.push_back(std::move(saved));
    }
    return all;
}

}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static MemoryTrace trace = makeTrace();
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
