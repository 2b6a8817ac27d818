// SPDX-License-Identifier: GPL-3.0-or-later
//
// The shape that all kinds share: equal sites, tokens cut into sequences of one length.
#pragma once

#include "io/synth/parameters.h"
#include "io/trace/routing.h"

namespace expertscope {

struct TraceSize
{
    std::uint64_t tokens = 0;
    std::uint64_t length = 0; ///< of a sequence; the last may be shorter. 0: one sequence of all tokens
    std::uint64_t sites = 0, experts = 0, topK = 0;
    Columns columns{};
    std::uint64_t labelValues = 0; ///< > 0: label `domain` with values d0, d1, …, given to the sequences in turn
    std::uint64_t generatorBytes = 0; ///< memory that the generator itself will need
};

/// Shape with sites of softmax routers, sequences s0, s1, …; an error when k > E, or when writing it would take more
/// memory than this machine has.
Expected<RoutingShape> makeShape(const TraceSize& size);

/// --sites, --experts, --top-k with these defaults.
std::vector<SynthParameter> siteParameters(const char* sites, const char* experts, const char* topK);
/// --tokens and --length; `length` "0": one sequence.
std::vector<SynthParameter> tokenParameters(const char* tokens, const char* length);
SynthParameter seedParameter(const char* seed);

}
