// SPDX-License-Identifier: GPL-3.0-or-later
//
// How large the experts of a model are, as far as it is known.
#pragma once

#include "analysis/what_if/time_options.h"
#include "io/trace/trace_file.h"

namespace expertscope {

/// A model's sizes as far as they are known.
struct ModelSizes
{
    cost::Model model;
    std::string expert; ///< where the size of an expert comes from
    std::string noExpertBytes, noDense; ///< why they are not known
};
/// Of `request.model`, else of the trace's own config; `expertBytes` (--expert-bytes) wins. Errors: a config that was
/// named and cannot be read; one that is needed for `request.expertBits` and is not there.
Expected<ModelSizes> sizesOf(
    const TimeRequest& request, const std::optional<double>& expertBytes, const Provenance& provenance);

/// What to do where the size of an expert is not known.
inline constexpr const char* kNoExpertHint = "--expert-bytes 27MiB, or --model config.json";

}
