// SPDX-License-Identifier: GPL-3.0-or-later
//
// Inner loops of prediction_models.h: one source (prediction_kernels_impl.h), compiled for each instruction set, chosen
// at run time. Whole numbers, or floating-point operations one by one as IEEE 754 has them: all give the same bits.
#pragma once

#include <cstddef>
#include <cstdint>

namespace expertscope {

struct PredictionKernels
{
    const char* name;
    /// scores[j] = (2^11 + the sum of rows[..][j]) >> 12, of `count` rows of `length`.
    void (*sumShares)(const std::int64_t* const* rows, std::size_t count, std::size_t length, std::uint64_t* scores);
    /// sums[j] += the sum of rows[..][j].
    void (*addCounts)(const std::uint32_t* const* rows, std::size_t count, std::size_t length, std::uint64_t* sums);
    /// How many of the scores are above `score`, and how many at least that; all below 2^63.
    void (*countAbove)(const std::uint64_t* scores, std::size_t length, std::uint64_t score, std::size_t& above,
        std::size_t& notBelow);
    /// cosines[s] = dots[s] * norms[s] * norm in units of 2^-52; what they change by is added to `sums`.
    void (*compare)(const std::uint64_t* dots, const double* norms, double norm, std::size_t length,
        std::int64_t* cosines, std::int64_t* sums);
};

/// Those of cpuLevel().
const PredictionKernels& predictionKernels();
/// All that this CPU can run, for tests.
std::size_t numPredictionKernels();
const PredictionKernels& predictionKernels(std::size_t i);

}
