// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/inspect/subject.h"
#include "io/checkpoint/capture_plan.h"
#include "io/checkpoint/model_parts.h"

#include <array>

namespace expertscope::inspect {

/// What weights take as they are stored.
struct StoredSizes
{
    std::array<double, kNumModelParts> bytes{}; ///< by part
    /// By form, "bf16", "fp8 with a scale a block", the largest first. A weight's scales are of its form.
    std::vector<std::pair<std::string, double>> forms;
    double leftOut = 0; ///< in the files, and no part of what is run
    bool estimated = false; ///< of the config alone: `assumed` says by which rule
    std::string assumed;

    double all() const;
    double of(ModelPart part) const { return bytes[std::size_t(part)]; }
};

/// What a model takes, without a machine.
struct Sizes
{
    ModelCounts counts;
    StoredSizes stored;
    CacheCount cache; ///< values; an engine keeps them in 16 bits
    double captureCpu = 0, captureCuda = 0; ///< bytes of weights that a capture loads
    ComputeType cudaType = ComputeType::Float32; ///< … in this type; fp32 on the CPU
};

/// Of a subject whose config is understood. Where files are at hand stored sizes are theirs. Else they are estimated:
/// embedding, head, routers, norms and biases in the config's dtype (in bf16 where it names none), and of a quantised
/// model all other matrices in its form (MXFP4: the experts only), scales counted where the config tells their number.
Sizes sizesOf(const Subject& subject);

}
